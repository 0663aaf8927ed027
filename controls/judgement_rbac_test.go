package controls_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/controls/fixture"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
)

// TestJudgementOfRoles has what the laws cannot derive: what a rule allows by its wildcards, groups and names, and where.
func TestJudgementOfRoles(t *testing.T) {
	const (
		head        = "apiVersion: rbac.authorization.k8s.io/v1\n"
		clusterRole = head + "kind: ClusterRole\nmetadata: {name: a}\nrules:\n"
		role        = head + "kind: Role\nmetadata: {name: a, namespace: shop}\nrules:\n"
		kubeSystem  = head + "kind: Role\nmetadata: {name: a, namespace: kube-system}\nrules:\n"
		nowhere     = head + "kind: Role\nmetadata: {name: a}\nrules:\n"
	)
	for _, c := range []struct {
		name, control, object string
		want                  []string
	}{
		{
			"one finding for a rule", "rbac-secrets-read", role + "- {apiGroups: [''], resources: [configmaps, secrets], verbs: [create, get, list]}\n- {apiGroups: ['*'], resources: [secrets], verbs: [watch]}",
			[]string{"rules[0].resources[1] is secrets, with the verbs get and list", "rules[1].resources[0] is secrets, with the verb watch"},
		},
		{"another group", "rbac-secrets-read", role + "- {apiGroups: [apps, external-secrets.io], resources: [secrets], verbs: [get]}", nil},
		{"no group, which the API server refuses", "rbac-secrets-read", role + "- {resources: [secrets], verbs: [get]}", nil},
		{"by name", "rbac-secrets-read", role + "- {apiGroups: [''], resources: [secrets], resourceNames: [a], verbs: [get, list, watch]}", nil},
		{"all resources", "rbac-secrets-read", role + "- {apiGroups: [''], resources: ['*'], verbs: [get]}", []string{"rules[0].resources[0] is *, which includes secrets, with the verb get"}},
		{"all verbs", "rbac-secrets-read", role + "- {apiGroups: [''], resources: [secrets], verbs: ['*']}", []string{"rules[0].resources[0] is secrets, with the verb *"}},
		{"null and other shapes", "rbac-secrets-read", role + "- null\n- {apiGroups: null, resources: {}, verbs: get}\n- [secrets]", nil},
		{"no rules", "rbac-secrets-read", head + "kind: Role\nrules: null", nil},
		{
			"a verb", "rbac-secrets-write-mints-tokens", role + "- {apiGroups: [''], resources: [pods, secrets], verbs: [get, update, patch]}",
			[]string{"rules[0].verbs[1] is update, on secrets; the same for patch"},
		},
		{"the verb that * includes", "rbac-impersonate", clusterRole + "- {apiGroups: [''], resources: ['*'], verbs: ['*']}", []string{"rules[0].verbs[0] is *, which includes impersonate, on *, which includes users"}},
		{"create by name is nothing", "rbac-create-pods", role + "- {apiGroups: [''], resources: [pods], resourceNames: [a], verbs: [create]}", nil},
		{"a group that was removed", "rbac-create-pods", role + "- {apiGroups: [extensions], resources: [deployments], verbs: [create]}", nil},
		{"all subresources, as people think", "rbac-pods-exec-attach", role + "- {apiGroups: [''], resources: ['pods/*'], verbs: [create]}", nil},
		{"a subresource of all", "rbac-pods-exec-attach", role + "- {apiGroups: [''], resources: ['*/exec'], verbs: [create]}", []string{"rules[0].resources[0] is */exec, which includes pods/exec, with the verb create"}},
		{"the resource is not its subresource", "rbac-pods-exec-attach", role + "- {apiGroups: [''], resources: [pods], verbs: ['*']}", nil},
		{"a subresource is not its resource", "rbac-update-workloads", role + "- {apiGroups: [apps], resources: [deployments/scale, deployments/status], verbs: [update]}", nil},

		{"nodes in a Role", "rbac-nodes-proxy", role + "- {apiGroups: [''], resources: [nodes/proxy], verbs: [get]}", nil},
		{"the kubelet of one node", "rbac-nodes-proxy", clusterRole + "- {apiGroups: [''], resources: [nodes/proxy], resourceNames: [a], verbs: [get]}", []string{"rules[0].resources[0] is nodes/proxy, with the verb get"}},
		{"what monitoring needs", "rbac-nodes-proxy", clusterRole + "- {apiGroups: [''], resources: [nodes/metrics, nodes/stats, nodes], verbs: [get]}", nil},
		{"a Role for its own namespace", "rbac-namespace-label-write", role + "- {apiGroups: [''], resources: [namespaces], resourceNames: [shop], verbs: [patch]}", []string{"rules[0].verbs[0] is patch, on namespaces"}},
		{"by the way of a subresource", "rbac-namespace-label-write", clusterRole + "- {apiGroups: [''], resources: [namespaces/finalize], verbs: [update]}", []string{"rules[0].verbs[0] is update, on namespaces/finalize"}},

		{"roles that may be given", "rbac-bind-roles", clusterRole + "- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], resourceNames: [view, edit], verbs: [bind]}", nil},
		{
			"cluster-admin may be given", "rbac-bind-roles", clusterRole + "- {apiGroups: [rbac.authorization.k8s.io], resources: [clusterroles], resourceNames: [view, cluster-admin], verbs: [bind]}",
			[]string{"rules[0].verbs[0] is bind, on clusterroles"},
		},
		{"bindings of the cluster in a Role", "rbac-bind-roles", role + "- {apiGroups: ['*'], resources: [clusterrolebindings], verbs: [create]}", nil},
		{"escalate one role", "rbac-escalate-roles", role + "- {apiGroups: [rbac.authorization.k8s.io], resources: [roles], resourceNames: [a], verbs: [escalate, update]}", []string{"rules[0].verbs[0] is escalate, on roles"}},
		{"impersonate some users", "rbac-impersonate", clusterRole + "- {apiGroups: [''], resources: [users, groups], resourceNames: [jane, developers], verbs: [impersonate]}", nil},
		{"impersonate administrators", "rbac-impersonate", clusterRole + "- {apiGroups: [''], resources: [users, groups], resourceNames: [jane, 'system:masters'], verbs: [impersonate]}", []string{"rules[0].verbs[0] is impersonate, on users and groups"}},
		{"impersonate a scope", "rbac-impersonate", clusterRole + "- {apiGroups: [authentication.k8s.io], resources: [userextras/scopes], verbs: [impersonate]}", []string{"rules[0].verbs[0] is impersonate, on userextras/scopes"}},
		{"users in a Role", "rbac-impersonate", role + "- {apiGroups: [''], resources: [users, groups], verbs: [impersonate]}", nil},
		{"accounts in a Role", "rbac-impersonate", role + "- {apiGroups: [''], resources: [serviceaccounts], verbs: [impersonate]}", []string{"rules[0].verbs[0] is impersonate, on serviceaccounts"}},
		{"a signer of its own", "rbac-approve-csr", clusterRole + "- {apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [example.com/*, kubernetes.io/kubelet-serving], verbs: [approve, sign]}", nil},
		{
			"a signer of log-ins", "rbac-approve-csr", clusterRole + "- {apiGroups: [certificates.k8s.io], resources: [signers], resourceNames: [kubernetes.io/kube-apiserver-client], verbs: [approve]}",
			[]string{"rules[0].resources[0] is signers, with the verb approve"},
		},
		{
			"a webhook by name", "rbac-modify-admission-webhooks", clusterRole + "- {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], resourceNames: [a], verbs: [get, patch]}",
			[]string{"rules[0].verbs[1] is patch, on mutatingwebhookconfigurations"},
		},
		{"a webhook by name, to be deleted", "rbac-modify-admission-webhooks", clusterRole + "- {apiGroups: [admissionregistration.k8s.io], resources: [mutatingwebhookconfigurations], resourceNames: [a], verbs: [get, delete]}", nil},
		{"a constraint", "rbac-modify-cel-admission-policies", clusterRole + "- {apiGroups: [constraints.gatekeeper.sh], resources: [k8sallowedrepos], verbs: [patch]}", []string{"rules[0].verbs[0] is patch, on k8sallowedrepos"}},
		{"its status", "rbac-modify-cel-admission-policies", clusterRole + "- {apiGroups: [constraints.gatekeeper.sh], resources: [k8sallowedrepos/status], verbs: [patch]}", nil},
		{"no constraint in all groups", "rbac-modify-cel-admission-policies", clusterRole + "- {apiGroups: ['*'], resources: [configmaps], verbs: [patch]}", nil},
		{"an exception in a namespace", "rbac-modify-cel-admission-policies", role + "- {apiGroups: [kyverno.io], resources: [policyexceptions], verbs: [create]}", []string{"rules[0].verbs[0] is create, on policyexceptions"}},

		{"the DNS by name", "rbac-coredns-config-write", clusterRole + "- {apiGroups: [''], resources: [configmaps], resourceNames: [coredns], verbs: [patch]}", []string{"rules[0].resources[0] is configmaps, with the verb patch"}},
		{"the DNS in kube-system", "rbac-coredns-config-write", kubeSystem + "- {apiGroups: [''], resources: [configmaps], verbs: [patch]}", []string{"rules[0].resources[0] is configmaps, with the verb patch"}},
		{"another ConfigMap in kube-system", "rbac-coredns-config-write", kubeSystem + "- {apiGroups: [''], resources: [configmaps], resourceNames: [a], verbs: [patch]}", nil},
		{"a ConfigMap of that name", "rbac-coredns-config-write", role + "- {apiGroups: [''], resources: [configmaps], resourceNames: [coredns], verbs: [patch]}", nil},
		{"a namespace that is not said", "rbac-cloud-auth-configmap-write", nowhere + "- {apiGroups: [''], resources: [configmaps], resourceNames: [aws-auth], verbs: [patch]}", []string{"rules[0].resources[0] is configmaps, with the verb patch"}},
		{"all ConfigMaps", "rbac-cloud-auth-configmap-write", clusterRole + "- {apiGroups: [''], resources: [configmaps], verbs: [patch]}", nil},
		{"identities in kube-system", "rbac-cloud-auth-configmap-write", kubeSystem + "- {apiGroups: [''], resources: [configmaps], verbs: [create]}", []string{"rules[0].resources[0] is configmaps, with the verb create"}},
		{"a new ConfigMap", "rbac-configmaps-write", clusterRole + "- {apiGroups: [''], resources: [configmaps], verbs: [create, get]}", nil},
		{"a new quota", "rbac-guardrails-write", clusterRole + "- {apiGroups: [''], resources: [resourcequotas], verbs: [create]}", nil},

		{"a group of its own", "rbac-wildcard-all", clusterRole + "- {apiGroups: [example.com], resources: ['*'], verbs: ['*']}", nil},
		{"the core group", "rbac-wildcard-all", clusterRole + "- {apiGroups: [example.com, ''], resources: ['*'], verbs: ['*']}", []string{"rules[0].verbs[0] is *, on all resources of the API groups example.com and core"}},
		{"two rules", "rbac-wildcard-all", clusterRole + "- {apiGroups: ['*'], resources: ['*'], verbs: [get]}\n- {apiGroups: ['*'], resources: [pods], verbs: ['*']}", nil},
		{"many resources", "rbac-wildcard-verbs", clusterRole + "- {apiGroups: [''], resources: [a, b, c, d, e, f, g, h], verbs: ['*']}", []string{"rules[0].verbs[0] is *, on a, b, c, d, e, f and others"}},
		{"paths in a Role", "rbac-wildcard-non-resource-urls", role + "- {nonResourceURLs: ['*'], verbs: [get]}", nil},
		{"paths", "rbac-wildcard-non-resource-urls", clusterRole + "- {nonResourceURLs: [/api/*, '/**', /], verbs: [get]}", []string{"rules[0].nonResourceURLs[1] is /**, all paths of the API server"}},

		{"a role of the API server", "rbac-wildcard-all", head + "kind: ClusterRole\nmetadata: {name: cluster-admin, labels: {kubernetes.io/bootstrapping: rbac-defaults}}\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]", nil},
		{
			"the name alone", "rbac-wildcard-all", head + "kind: ClusterRole\nmetadata: {name: 'system:mine'}\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]",
			[]string{"rules[0].verbs[0] is *, on all resources of all API groups"},
		},
		{
			"the label alone", "rbac-wildcard-all", head + "kind: ClusterRole\nmetadata: {name: mine, labels: {kubernetes.io/bootstrapping: rbac-defaults}}\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]",
			[]string{"rules[0].verbs[0] is *, on all resources of all API groups"},
		},
		{
			"every verb by its name", "rbac-wildcard-all", clusterRole + "- {apiGroups: ['*'], resources: ['*'], verbs: [get, list, watch, create, update, patch, delete]}",
			[]string{"rules[0].verbs lists as much as *, on all resources of all API groups"},
		},
		{"every verb of some objects", "rbac-wildcard-all", clusterRole + "- {apiGroups: ['*'], resources: [pods], verbs: [get, list, create, update, delete]}", nil},
		{"objects cannot be made", "rbac-wildcard-all", clusterRole + "- {apiGroups: ['*'], resources: ['*'], verbs: [get, list, watch, update, patch, delete]}", nil},
		{"what admin has anyway", "rbac-pods-exec-attach", head + "kind: ClusterRole\nmetadata: {name: admin}\nrules: [{apiGroups: [''], resources: [pods/attach], verbs: [create]}]", nil},
		{"part of cluster-admin", "rbac-pods-exec-attach", head + "kind: ClusterRole\nmetadata: {name: cluster-admin}\nrules: [{apiGroups: [''], resources: [pods/exec], verbs: [create]}]", nil},
		{
			"a Role called admin", "rbac-pods-exec-attach", head + "kind: Role\nmetadata: {name: admin, namespace: shop}\nrules: [{apiGroups: [''], resources: [pods/attach], verbs: [create]}]",
			[]string{"rules[0].resources[0] is pods/attach, with the verb create"},
		},
		{
			"more than the garbage collector has", "rbac-pods-exec-attach", head + "kind: ClusterRole\nmetadata: {name: 'system:controller:generic-garbage-collector'}\nrules: [{apiGroups: [''], resources: [pods/attach], verbs: [create]}]",
			[]string{"rules[0].resources[0] is pods/attach, with the verb create"},
		},
		{"rules of others", "rbac-wildcard-all", head + "kind: ClusterRole\nmetadata: {name: a}\naggregationRule: {clusterRoleSelectors: []}\nrules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]", nil},
		{
			"a Role has no rules of others", "rbac-wildcard-verbs", head + "kind: Role\nmetadata: {name: a}\naggregationRule: {}\nrules: [{apiGroups: [apps], resources: [deployments], verbs: ['*']}]",
			[]string{"rules[0].verbs[0] is *, on deployments"},
		},
		{
			"endpoints since before 1.22", "rbac-endpoints-write",
			head + "kind: ClusterRole\nmetadata: {name: 'system:aggregate-to-edit', labels: {kubernetes.io/bootstrapping: rbac-defaults}}\nrules: [{apiGroups: [''], resources: [endpoints, services], verbs: [create, delete]}]",
			[]string{"rules[0].verbs[0] is create, on endpoints"},
		},
		{"endpoints of a controller", "rbac-endpoints-write", head + "kind: ClusterRole\nmetadata: {name: 'system:controller:endpoint-controller', labels: {kubernetes.io/bootstrapping: rbac-defaults}}\nrules: [{apiGroups: [''], resources: [endpoints], verbs: [create]}]", nil},
	} {
		t.Run(c.control+"/"+c.name, func(t *testing.T) { wantViolations(t, c.control, c.object, c.want) })
	}
}

// TestJudgementOfBindings is the same for whom bindings name.
func TestJudgementOfBindings(t *testing.T) {
	const head = "apiVersion: rbac.authorization.k8s.io/v1\n"
	binding := func(kind, meta, ref, subjects string) string {
		return head + "kind: " + kind + "\nmetadata: {" + meta + "}\nroleRef: {" + ref + "}\nsubjects: " + subjects
	}
	for _, c := range []struct {
		name, control, object string
		want                  []string
	}{
		{
			"everybody", "rbac-anonymous-binding", binding("ClusterRoleBinding", "name: a", "kind: ClusterRole, name: view", "[{kind: User, name: 'system:anonymous'}, {kind: Group, name: 'system:unauthenticated'}]"),
			[]string{"subjects[0].name is system:anonymous, everybody who reaches the API server, without a login", "subjects[1].name is system:unauthenticated, everybody who reaches the API server, without a login"},
		},
		{"a user called like the group", "rbac-anonymous-binding", binding("ClusterRoleBinding", "name: a", "kind: ClusterRole, name: view", "[{kind: User, name: 'system:unauthenticated'}]"), nil},
		{"made by the API server", "rbac-anonymous-binding", binding("ClusterRoleBinding", "name: 'system:public-info-viewer', labels: {kubernetes.io/bootstrapping: rbac-defaults}", "kind: ClusterRole, name: 'system:public-info-viewer'", "[{kind: Group, name: 'system:unauthenticated'}]"), nil},
		{"kubeadm", "rbac-anonymous-binding", binding("RoleBinding", "name: 'kubeadm:bootstrap-signer-clusterinfo', namespace: kube-public", "kind: Role, name: 'kubeadm:bootstrap-signer-clusterinfo'", "[{kind: User, name: 'system:anonymous'}]"), nil},
		{
			"that name elsewhere", "rbac-anonymous-binding", binding("RoleBinding", "name: a, namespace: shop", "kind: Role, name: 'kubeadm:bootstrap-signer-clusterinfo'", "[{kind: User, name: 'system:anonymous'}]"),
			[]string{"subjects[0].name is system:anonymous, everybody who reaches the API server, without a login"},
		},
		{
			"all accounts", "rbac-authenticated-group-binding", binding("RoleBinding", "name: a, namespace: shop", "kind: ClusterRole, name: view", "[{kind: Group, name: 'system:serviceaccounts'}]"),
			[]string{"subjects[0].name is system:serviceaccounts, every pod of the cluster that has a token"},
		},
		{
			"a Role called discovery", "rbac-authenticated-group-binding", binding("RoleBinding", "name: a, namespace: shop", "kind: Role, name: 'system:discovery'", "[{kind: Group, name: 'system:authenticated'}]"),
			[]string{"subjects[0].name is system:authenticated, everybody who has any login, such as every pod with a token"},
		},
		{"no subjects", "rbac-system-masters-binding", binding("ClusterRoleBinding", "name: a", "kind: ClusterRole, name: view", "null"), nil},
		{
			"accounts of others", "rbac-cross-namespace-subject", binding("RoleBinding", "name: a, namespace: shop", "kind: Role, name: a",
				"[{kind: ServiceAccount, name: a, namespace: shop}, {kind: ServiceAccount, name: a, namespace: other}, {kind: ServiceAccount, name: a}, {kind: User, name: 'system:serviceaccount:other:a'}, {kind: Group, name: 'system:serviceaccounts:other'}, {kind: Group, name: 'system:serviceaccounts'}]"),
			[]string{"subjects[1].namespace is other, and not of this namespace", "subjects[3].name is system:serviceaccount:other:a, and not of this namespace", "subjects[4].name is system:serviceaccounts:other, and not of this namespace"},
		},
		{"controllers of the cluster", "rbac-cross-namespace-subject", binding("RoleBinding", "name: a, namespace: shop", "kind: Role, name: a", "[{kind: ServiceAccount, name: a, namespace: kube-system}]"), nil},
		{"what API servers need", "rbac-cross-namespace-subject", binding("RoleBinding", "name: a, namespace: kube-system", "kind: Role, name: extension-apiserver-authentication-reader", "[{kind: ServiceAccount, name: a, namespace: other}]"), nil},
	} {
		t.Run(c.control+"/"+c.name, func(t *testing.T) { wantViolations(t, c.control, c.object, c.want) })
	}
}

// TestNamespaceOfBindingUnknown: without a namespace nobody can say whether the account is of another one.
func TestNamespaceOfBindingUnknown(t *testing.T) {
	data := fixture.Object(control.Kind{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"})
	delete(data["metadata"].(fixture.Map), "namespace")
	bad := failuresOf(parse(t, data).judge(controls.Find("rbac-cross-namespace-subject")[0], control.LatestMinor))
	if len(bad) != 1 || len(bad[0].explain()) != 1 || !bad[0].explain()[0].Unknown {
		t.Errorf("got %v", bad)
	}
}

// roleControls are the controls on what a single role allows.
func roleControls() []*control.Control {
	return slices.DeleteFunc(controls.All(), func(c *control.Control) bool {
		return c.Scope != control.Objects || !strings.HasPrefix(c.ID, "rbac-") || !c.Judges(control.Kind{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"})
	})
}

// TestWildcardsStandForAllRights: a control on one more right is folded into the wildcards, too.
func TestWildcardsStandForAllRights(t *testing.T) {
	for _, id := range []string{"rbac-wildcard-all", "rbac-wildcard-resources", "rbac-wildcard-verbs"} {
		wildcard := controls.Find(id)[0]
		for _, c := range roleControls() {
			// A name that means nothing is no right.
			if !strings.HasPrefix(c.ID, "rbac-wildcard-") && c.ID != "rbac-resource-unknown" && !slices.Contains(wildcard.Suppresses, c.ID) {
				t.Errorf("%s does not suppress %s", id, c.ID)
			}
		}
	}
}

// randomRole draws the rules of a role from few words, so that wildcards, names and groups meet.
func randomRole(r *rand.Rand, kind string) fixture.Map {
	some := func(words ...string) []any {
		list := []any{}
		for range 1 + r.IntN(3) {
			list = append(list, words[r.IntN(len(words))])
		}
		return list
	}
	data := fixture.Object(control.Kind{Group: "rbac.authorization.k8s.io", Kind: kind})
	if r.IntN(3) == 0 {
		data["metadata"].(fixture.Map)["namespace"] = "kube-system"
	}
	rules := []any{}
	for range 1 + r.IntN(2) {
		rule := fixture.Map{
			"apiGroups": some("", "", "*", "apps", "rbac.authorization.k8s.io", "constraints.gatekeeper.sh", "certificates.k8s.io", "authentication.k8s.io"),
			"resources": some("*", "pods", "pods/exec", "*/exec", "pods/*", "secrets", "nodes/proxy", "*/proxy", "configmaps", "deployments", "roles", "rolebindings",
				"clusterroles", "users", "signers", "userextras/scopes", "namespaces", "k8sallowedrepos", "k8sallowedrepos/status", "nodes/metrics"),
			"verbs": some("*", "get", "list", "create", "update", "patch", "delete", "bind", "escalate", "impersonate", "approve"),
		}
		if r.IntN(3) == 0 {
			rule["resourceNames"] = some("app", "coredns", "aws-auth", "cluster-admin", "system:masters", "kubernetes.io/*")
		}
		rules = append(rules, rule)
	}
	data["rules"] = rules
	return data
}

// TestRandomRoles: Go and CEL say the same of any role; a fix makes the control hold, or leaves alone what has all resources, or
// resources that are not known, in it.
func TestRandomRoles(t *testing.T) {
	env := newEnv(t)
	all := map[string]*programs{}
	r := rand.New(rand.NewPCG(1, 2))
	failed, fixed := map[string]int{}, 0
	for i := range 1000 {
		kind := []string{"ClusterRole", "Role"}[i%2]
		data := randomRole(r, kind)
		p := parse(t, data)
		b := &broken{kind: kind, change: control.Change{Path: "rules", Name: fmt.Sprint(data["rules"])}, data: data}
		for _, c := range roleControls() {
			if all[c.ID] == nil {
				all[c.ID] = newPrograms(env, c)
			}
			all[c.ID].compare(t, p, b, control.LatestMinor)
			for _, j := range failuresOf(p.judge(c, control.LatestMinor)) {
				failed[c.ID]++
				edits := j.rule.Edits(&j.subject, j.subject.Root(), nil)
				if len(edits) == 0 || c.Fix != control.Auto {
					if c.Fix == control.Auto && !strings.Contains(b.change.Name, "resources:[*") && !strings.Contains(fmt.Sprint(data), " *") && c.ID != "rbac-wildcard-api-groups" {
						t.Errorf("%s: %s: no edits", c.ID, b)
					}
					continue
				}
				after := &parsed{data: tree.Clone(data).(fixture.Map), object: p.object}
				if err := after.edit(edits); err != nil {
					t.Errorf("%s: %s: %v", c.ID, b, err)
					continue
				}
				// Rules with all resources stay; of the others nothing may be left to find.
				if fixed++; left(t, c, after.data) {
					t.Errorf("%s: %s: not fixed: %v", c.ID, b, after.data["rules"])
				}
			}
		}
	}
	if fixed < 500 {
		t.Errorf("only %d fixes tried", fixed)
	}
	t.Logf("%d fixes; failures by control: %v", fixed, failed)
}

// left reports whether a control still fails on a rule that it can fix.
func left(t *testing.T, c *control.Control, data fixture.Map) bool {
	t.Helper()
	data["rules"] = slices.DeleteFunc(data["rules"].([]any), func(rule any) bool {
		return slices.Contains(rule.(fixture.Map)["resources"].([]any), "*")
	})
	for _, j := range failuresOf(parse(t, data).judge(c, control.LatestMinor)) {
		if len(j.rule.Edits(&j.subject, j.subject.Root(), nil)) > 0 || c.ID != "rbac-wildcard-api-groups" {
			return true
		}
	}
	return false
}

// TestRolesAreJudgedWithoutGarbage: the rules hold on nearly every role, and a cluster has thousands of them.
func TestRolesAreJudgedWithoutGarbage(t *testing.T) {
	rules := []any{}
	for range 20 {
		rules = append(rules, fixture.Map{"apiGroups": []any{"", "apps"}, "resources": []any{"services", "pods"}, "verbs": []any{"get", "list"}, "resourceNames": []any{"a"}})
	}
	data := fixture.Object(control.Kind{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"})
	data["rules"] = rules
	p := parse(t, data)
	for _, c := range roleControls() {
		for _, j := range p.judge(c, control.LatestMinor) {
			if n := testing.AllocsPerRun(10, func() { j.holds() }); n > 2 {
				t.Errorf("%s allocates %v times", c.ID, n)
			}
		}
	}
}

// TestWildcardsFoldRights: a wildcard and what it includes are one finding, wherever in the rule each of them stands.
func TestWildcardsFoldRights(t *testing.T) {
	const text = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules:\n" +
		"- {apiGroups: [''], resources: [configmaps, secrets], verbs: ['*']}\n- {apiGroups: [''], resources: [secrets], verbs: [get]}\n- {apiGroups: [''], resources: ['*'], verbs: ['*']}\n"
	var got []string
	opts := &engine.Options{Controls: roleControls(), Version: control.LatestMinor}
	_, err := engine.Scan(t.Context(), func(yield func(engine.Input) bool) {
		yield(engine.Input{Path: "a.yaml", Read: func() ([]byte, error) { return []byte(text), nil }})
	}, opts, func(f *report.File) error {
		for _, f := range f.Findings {
			got = append(got, f.Path+" "+f.Control.ID)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"rules[0].verbs[0] rbac-wildcard-verbs", "rules[1].resources[0] rbac-secrets-read", "rules[2].verbs[0] rbac-wildcard-all"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
