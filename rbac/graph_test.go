package rbac_test

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/rbac"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/workload"
)

// cluster reads manifests.
func cluster(t testing.TB, text string) *rbac.Access {
	t.Helper()
	src, set, workloads, number := []byte(text), &rbac.Set{}, &workload.Set{}, 0
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		for o := range object.Each(parsed.Root()) {
			set.Add(o, number)
			workloads.Add(o, number)
			number++
		}
	}
	return rbac.New(set, workloads)
}

const (
	account = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: %s, namespace: %s}}\n---\n"
	header  = "apiVersion: rbac.authorization.k8s.io/v1\n"
)

// role gives a service account of namespace shop rules, in the namespace or in the cluster.
func role(clusterWide bool, subject, rules string) string {
	kind, ns := "Role", ", namespace: shop"
	if clusterWide {
		kind, ns = "ClusterRole", ""
	}
	name := strings.ReplaceAll(subject, ":", "-")
	who := "{kind: ServiceAccount, name: " + subject + ", namespace: shop}"
	if user, ok := strings.CutPrefix(subject, "user:"); ok {
		who = "{kind: User, name: " + user + ", apiGroup: rbac.authorization.k8s.io}"
	}
	return header + "kind: " + kind + "\nmetadata: {name: " + name + ns + "}\nrules: [" + rules + "]\n---\n" +
		header + "kind: " + kind + "Binding\nmetadata: {name: " + name + ns + "}\nsubjects: [" + who + "]\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: " + kind + ", name: " + name + "}\n---\n"
}

func rule(group, resource string, verbs string, names ...string) string {
	r := "{apiGroups: ['" + group + "'], resources: ['" + resource + "'], verbs: [" + verbs + "]"
	if len(names) > 0 {
		r += ", resourceNames: [" + strings.Join(names, ", ") + "]"
	}
	return r + "}"
}

func text(p rbac.Path) string {
	var parts []string
	for i, h := range p {
		if i == 0 {
			parts = append(parts, h.From.String())
		}
		parts = append(parts, h.To.String())
	}
	return strings.Join(parts, " > ")
}

const adminAccount = "{apiVersion: v1, kind: ServiceAccount, metadata: {name: admin, namespace: shop}}\n---\n" + header +
	"kind: ClusterRoleBinding\nmetadata: {name: admin}\nsubjects: [{kind: ServiceAccount, name: admin, namespace: shop}]\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n---\n"

// TestTakeovers has a row for each way in which rights lead to more, and beside it what the API server refuses.
func TestTakeovers(t *testing.T) {
	const g = "rbac.authorization.k8s.io"
	running := "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {serviceAccountName: admin, containers: [{name: a}]}}\n---\n"
	hidden := strings.Replace(running, "spec: {", "spec: {automountServiceAccountToken: false, ", 1)
	for _, c := range []struct {
		name, manifests string
		want            string // the path from ServiceAccount/shop/ci, "" for none
	}{
		{"nothing", adminAccount + role(false, "ci", rule("", "pods", "get, list")), ""},
		{"create deployments", adminAccount + role(false, "ci", rule("apps", "deployments", "create")), "any service account of namespace shop > ServiceAccount/shop/admin > cluster-admin"},
		{"create deployments of the wrong group", adminAccount + role(false, "ci", rule("", "deployments", "create")), ""},
		{"patch cronjobs", adminAccount + role(false, "ci", rule("batch", "cronjobs", "patch")), "any service account of namespace shop > ServiceAccount/shop/admin > cluster-admin"},
		{"exec where the account runs", adminAccount + running + role(false, "ci", rule("", "pods/exec", "create")), "the accounts that pods of namespace shop run as > ServiceAccount/shop/admin > cluster-admin"},
		{"exec by get, which is not enough from 1.35 on", adminAccount + running + role(false, "ci", rule("", "pods/exec", "get")), ""},
		{"exec where nothing runs", adminAccount + role(false, "ci", rule("", "pods/exec", "create")), ""},
		{"exec where the token is not mounted", adminAccount + hidden + role(false, "ci", rule("", "pods/exec", "create")), ""},
		{"debug", adminAccount + running + role(false, "ci", rule("", "pods/ephemeralcontainers", "patch")), "the accounts that pods of namespace shop run as > ServiceAccount/shop/admin > cluster-admin"},
		{"token", adminAccount + role(false, "ci", rule("", "serviceaccounts/token", "create")), "any service account of namespace shop > ServiceAccount/shop/admin > cluster-admin"},
		{"token of one", adminAccount + role(false, "ci", rule("", "serviceaccounts/token", "create", "admin")), "ServiceAccount/shop/admin > cluster-admin"},
		{"token of another", adminAccount + role(false, "ci", rule("", "serviceaccounts/token", "create", "other")), ""},
		{"create secrets", adminAccount + role(false, "ci", rule("", "secrets", "create")), ""},
		{"create and read secrets", adminAccount + role(false, "ci", rule("", "secrets", "create, get")), "any service account of namespace shop > ServiceAccount/shop/admin > cluster-admin"},
		{"create rolebindings without bind", adminAccount + role(true, "ci", rule(g, "clusterrolebindings", "create, update, patch")), ""},
		{"create rolebindings with bind", role(true, "ci", rule(g, "clusterrolebindings", "create")+", "+rule(g, "clusterroles", "bind")), "cluster-admin"},
		{"bind one harmless role", role(true, "ci", rule(g, "clusterrolebindings", "create")+", "+rule(g, "clusterroles", "bind", "view")), ""},
		{"bind cluster-admin by name", role(true, "ci", rule(g, "clusterrolebindings", "create")+", "+rule(g, "clusterroles", "bind", "cluster-admin")), "cluster-admin"},
		{"update roles without escalate", role(true, "ci", rule(g, "clusterroles", "update, patch")), ""},
		{"update roles with escalate", role(true, "ci", rule(g, "clusterroles", "update, escalate")), "cluster-admin"},
		{"everything in a namespace", adminAccount + role(false, "ci", rule("*", "*", "'*'")), "everything in namespace shop > any service account of namespace shop > ServiceAccount/shop/admin > cluster-admin"},
		{"everything", role(true, "ci", rule("*", "*", "'*'")), "cluster-admin"},
		{"impersonate groups alone", role(true, "ci", rule("", "groups", "impersonate")), ""},
		{"impersonate users and groups", role(true, "ci", rule("", "users", "impersonate")+", "+rule("", "groups", "impersonate")), "Group/system:masters > cluster-admin"},
		{"impersonate one group", role(true, "ci", rule("", "users", "impersonate", "jane")+", "+rule("", "groups", "impersonate", "system:masters")), "Group/system:masters > cluster-admin"},
		{"nodes/proxy", adminAccount + running + role(true, "ci", rule("", "nodes/proxy", "get")), "the accounts that pods of every namespace run as > the accounts that pods of namespace shop run as > ServiceAccount/shop/admin > cluster-admin"},
		{"nodes/proxy by a RoleBinding", adminAccount + running + role(false, "ci", rule("", "nodes/proxy", "get")), ""},
		{"pods in kube-system", strings.ReplaceAll(role(false, "user:jane", rule("", "pods", "create")), "namespace: shop", "namespace: kube-system"), "user:jane: any service account of namespace kube-system > ServiceAccount/kube-system/clusterrole-aggregation-controller > cluster-admin"},
		{"mutating webhooks", role(true, "ci", rule("admissionregistration.k8s.io", "mutatingwebhookconfigurations", "create")), "any service account of every namespace > any service account of namespace kube-system > ServiceAccount/kube-system/clusterrole-aggregation-controller > cluster-admin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			graph := rbac.NewGraph(cluster(t, c.manifests))
			from := rbac.Subject{Kind: "ServiceAccount", Namespace: "shop", Name: "ci"}
			want := c.want
			if rest, ok := strings.CutPrefix(want, "user:jane: "); ok {
				from, want = rbac.Subject{Kind: "User", Name: "jane"}, rest
			}
			if want != "" {
				want = from.String() + " > " + want
			}
			if got := text(graph.Takeover([]rbac.Subject{from})[0]); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

// TestDeploymentManager is the checklist's own example: who creates Deployments runs a pod as any account of the namespace and mounts
// every Secret there.
func TestDeploymentManager(t *testing.T) {
	graph := rbac.NewGraph(cluster(t, `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployment-manager, namespace: production}
rules:
- apiGroups: ["apps"]
  resources: ["deployments"]
  verbs: ["get", "list", "watch", "create", "update", "patch"]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: deployment-manager, namespace: production}
subjects: [{kind: User, name: dev, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployment-manager}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: vault, namespace: production}}
`))
	for _, c := range []struct {
		to   rbac.Node
		want string
	}{
		{rbac.Node{Kind: rbac.SecretsNode, Namespace: "production"}, "User/dev > the Secrets of namespace production"},
		{rbac.Node{Kind: rbac.SubjectNode, Subject: rbac.Subject{Kind: "ServiceAccount", Namespace: "production", Name: "vault"}}, "User/dev > any service account of namespace production > ServiceAccount/production/vault"},
	} {
		paths, more := graph.Paths(rbac.PathOptions{To: c.to})
		if len(paths) != 1 || more || text(paths[0]) != c.want {
			t.Fatalf("got %v, want %s", paths, c.want)
		}
		hop := paths[0][0]
		if hop.Permission != "create deployments" || hop.Grant.Binding.Object != 1 || hop.Grant.Source.Object != 0 || hop.Grant.Index != 0 ||
			!strings.HasPrefix(hop.Text, "may create deployments in namespace production: runs a pod ") {
			t.Errorf("hop %+v", hop)
		}
	}
}

func TestConditionalSteps(t *testing.T) {
	pods := "{apiVersion: v1, kind: Namespace, metadata: {name: shop%s}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: ops}, spec: {serviceAccountName: admin, containers: [{name: a}]}}\n---\n" +
		strings.ReplaceAll(adminAccount, "namespace: shop", "namespace: ops") + role(false, "ci", rule("", "pods", "create"))
	for labels, want := range map[string]bool{"": true, ", labels: {pod-security.kubernetes.io/enforce: restricted}": false} {
		graph := rbac.NewGraph(cluster(t, strings.Replace(pods, "%s", labels, 1)))
		from := []rbac.Subject{{Kind: "ServiceAccount", Namespace: "shop", Name: "ci"}}
		if paths, _ := graph.Paths(rbac.PathOptions{From: from}); len(paths) != 0 {
			t.Errorf("%q: unconditional %s", labels, text(paths[0]))
		}
		paths, _ := graph.Paths(rbac.PathOptions{From: from, Conditional: true})
		if (len(paths) > 0) != want {
			t.Errorf("%q: %v", labels, paths)
		}
		if want && (paths[0][0].Condition == "" || paths[0][0].To.Kind != rbac.HostNode) {
			t.Errorf("path %s, condition %q", text(paths[0]), paths[0][0].Condition)
		}
	}
}

func TestCuts(t *testing.T) {
	manifests := adminAccount +
		role(false, "a", rule("apps", "deployments", "create")) + role(false, "b", rule("apps", "deployments", "create")) +
		role(false, "c", rule("", "pods", "create")+", "+rule("", "serviceaccounts/token", "create"))
	graph := rbac.NewGraph(cluster(t, manifests))
	subject := func(name string) rbac.Subject {
		return rbac.Subject{Kind: "ServiceAccount", Namespace: "shop", Name: name}
	}
	paths, _ := graph.Paths(rbac.PathOptions{From: []rbac.Subject{subject("a"), subject("b"), subject("c")}, Ways: 4})
	if len(paths) != 4 {
		t.Fatalf("%d paths", len(paths))
	}
	cuts := rbac.Cuts(paths)
	if cuts[0].Permission != "do everything" || cuts[0].Paths != 4 || cuts[0].Grant.Binding.Name != "admin" {
		t.Errorf("best cut %+v", cuts[0])
	}
	set, exact, uncut := rbac.MinCut(paths)
	if len(set) != 1 || !exact || uncut != 0 {
		t.Errorf("min cut %+v %v %d", set, exact, uncut)
	}
	// Paths that end elsewhere need their own cuts.
	to := rbac.Node{Kind: rbac.SubjectNode, Subject: subject("admin")}
	paths, _ = graph.Paths(rbac.PathOptions{To: to, From: []rbac.Subject{subject("a"), subject("b"), subject("c")}, Ways: 4})
	if set, exact, _ = rbac.MinCut(paths); len(paths) != 4 || len(set) != 4 || !exact {
		t.Errorf("%d paths, min cut %+v %v", len(paths), set, exact)
	}
}

func TestPathsAreBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(adminAccount)
	for _, name := range []string{"a", "b", "c"} {
		b.WriteString(role(false, name, rule("", "pods", "create")))
	}
	paths, more := rbac.NewGraph(cluster(t, b.String())).Paths(rbac.PathOptions{Max: 2})
	if len(paths) != 2 || !more || len(paths[0]) > len(paths[1]) {
		t.Errorf("%d paths, more %v", len(paths), more)
	}
}

// TestConditions tells on what steps depend.
func TestConditions(t *testing.T) {
	running := "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {serviceAccountName: admin, containers: [{name: a}]}}\n---\n"
	ci := rbac.Subject{Kind: "ServiceAccount", Namespace: "shop", Name: "ci"}
	for _, c := range []struct {
		name, manifests, want string
		conditional           bool
	}{
		{"exec by get", adminAccount + running + role(false, "ci", rule("", "pods/exec", "get")), "as long as the API server is older than 1.35", true},
		{"an account of a controller", role(true, "ci", rule("", "pods", "create")), "as the controller manager usually runs with --use-service-account-credentials", false},
		{
			"an account of a controller that is declared",
			"{apiVersion: v1, kind: ServiceAccount, metadata: {name: clusterrole-aggregation-controller, namespace: kube-system}}\n---\n" + role(true, "ci", rule("", "pods", "create")), "", false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			graph := rbac.NewGraph(cluster(t, c.manifests))
			paths, _ := graph.Paths(rbac.PathOptions{From: []rbac.Subject{ci}, To: rbac.Node{Kind: rbac.ClusterAdminNode}, Conditional: c.conditional, Max: 1})
			if len(paths) != 1 {
				t.Fatalf("%d paths", len(paths))
			}
			got := ""
			for _, h := range paths[0] {
				got += h.Condition
			}
			if got != c.want {
				t.Errorf("%s depends on %q, want %q", text(paths[0]), got, c.want)
			}
		})
	}
}
