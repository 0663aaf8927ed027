package rbac

import (
	"fmt"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// RbacWeakNamespaceEscalationPath: tenants and powerful accounts do not share a namespace.
var RbacWeakNamespaceEscalationPath = control.Control{
	ID: "rbac-weak-namespace-escalation-path", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:    "Keep accounts that can take over the cluster away from where others may run pods",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.RoleKinds(), control.WorkloadKinds(), control.AdmissionKinds(), control.Core("ServiceAccount", "Namespace")),
	Kinds:    []control.Kind{{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}, {Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}},
	Require:  &control.Together{Check: checkWeakNamespaces, Text: "no right in a namespace may lead to a service account that leads to cluster-admin"},
	Risk:     "The accounts have to move to a namespace of their own.",
	Fix:      control.Advice,
	NoFix:    "Which of both has to go elsewhere only a person can say.",
	Remedy:   "Move the powerful service account and its workload to a namespace of its own, or take away the right.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1528", "T1078"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/rbac-good-practices/"},
	},
	Peers: control.Peers{
		Other: []string{"rbac-police:obtain_token_weak_ns", "rbac-police:rce_weak_ns"},
	},
	Why: `Rights in a namespace are given freely, as they are thought to end there. If one of the namespace's accounts is an operator's with rights everywhere,
then a right to run pods beside it is a right to everything.`,
	Examples: []control.Example{
		{
			Name: "an operator beside a tenant",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: dev, namespace: shop}
rules: [{apiGroups: [""], resources: ["pods"], verbs: ["create"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dev, namespace: shop}
subjects: [{kind: User, name: dev, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: dev}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: operator}
subjects: [{kind: ServiceAccount, name: operator, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`,
			Want: []string{"RoleBinding/shop/dev roleRef.name"},
		},
		{
			Name: "in a namespace of its own",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: dev, namespace: shop}
rules: [{apiGroups: [""], resources: ["pods"], verbs: ["create"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: dev, namespace: shop}
subjects: [{kind: User, name: dev, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: dev}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: operator}
subjects: [{kind: ServiceAccount, name: operator, namespace: operators}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`,
		},
	},
}

// checkWeakNamespaces tells each powerful account once, at the first binding that leads to it.
func checkWeakNamespaces(v *control.Verdicts) {
	paths, _ := v.Escalation().Paths(rbac.PathOptions{Max: 1 << 20})
	first := map[rbac.Subject]int{}
	var found []control.Breach
	seen := map[*rbac.Binding]bool{}
	for _, p := range paths {
		b := p[0].Grant.Binding
		target, ok := accountOn(p)
		if b == nil || b.Namespace == "" || b.Object == rbac.Builtin || !ok || seen[b] {
			continue
		}
		seen[b] = true
		k, told := first[target]
		if !told {
			first[target] = len(found)
			found = append(found, control.Breach{
				Object: b.Object, Path: "roleRef.name", Related: hops(p),
				Message: fmt.Sprintf("lets %s %s: %s among them, which leads to cluster-admin", p[0].From, p[0].Text, target),
			})
			continue
		}
		if len(found[k].Related) < maxRelated {
			found[k].Related = append(found[k].Related, control.Decider{Object: b.Object, Path: "roleRef", Text: "lets " + p[0].From.String() + " do the same"})
		}
	}
	for _, b := range found {
		v.Fail(b)
	}
	for _, b := range v.Access().Bindings() {
		if b.Namespace != "" && b.Object != rbac.Builtin && !seen[b] {
			v.Pass(1)
		}
	}
}

// accountOn returns the account that the first right of a path leads to.
func accountOn(p rbac.Path) (rbac.Subject, bool) {
	for _, h := range p {
		if h.To.Kind == rbac.SubjectNode && h.To.Subject.Kind == rbac.KindServiceAccount {
			return h.To.Subject, true
		}
	}
	return rbac.Subject{}, false
}
