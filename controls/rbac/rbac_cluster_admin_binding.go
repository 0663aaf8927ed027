package rbac

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// RbacClusterAdminBinding: few may do everything.
var RbacClusterAdminBinding = control.Control{
	ID: "rbac-cluster-admin-binding", Section: "cluster-admin", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:      "Bind cluster-admin, and roles that allow as much, only where needed",
	Scope:      control.Everything,
	Needs:      control.RoleKinds(),
	Kinds:      []control.Kind{{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}, {Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}},
	Require:    &control.Together{Check: checkClusterAdmins, Text: "no binding but the built-in ones may give a role that allows every verb on every resource"},
	Suppresses: []string{"rbac-workload-takeover-permissions"},
	Risk:       "Whoever needs more than the narrower role has loses it.",
	Fix:        control.Generate,
	NoFix:      "Which rights are needed an audit log can tell: kubeharden generate role --from-audit.",
	Remedy:     "Give a role with the verbs and resources that are needed, in the namespaces where they are needed.",
	NoPolicy:   "An admission policy sees one object at a time.",
	Refs: control.Refs{
		CIS:    []string{"5.1.1"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006", "T1078"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/rbac-good-practices/", "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"cluster-admin-role-binding"},
		Kubescape:  []string{"C-0035", "C-0185"},
		Trivy:      []string{"KSV-0111"},
		Polaris:    []string{"clusterrolebindingClusterAdmin", "rolebindingClusterAdminClusterRole"},
		Kyverno:    []string{"other/restrict-binding-clusteradmin"},
		KubeBench:  []string{"5.1.1"},
		Other:      []string{"rbac-police:cluster_admin", "kics:cluster_admin_role_binding_with_super_user_permissions", "kubiscan:risky-any-verb", "kubehound:IDENTITY_ASSUME", "kubehound:PERMISSION_DISCOVER"},
	},
	Why: `Whoever has such a binding reads every Secret, runs anything on every node and gives rights to others. One stolen laptop or token of a subject is then
the whole cluster. In a single namespace (a RoleBinding) it is everything in there.`,
	Examples: []control.Example{
		{
			Name: "for a user",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: jane}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`,
			Want: []string{"ClusterRoleBinding/jane roleRef.name"},
		},
		{
			Name: "a narrower role",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: jane}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
`,
		},
		{
			Name: "a role that allows as much",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: root}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ci}
subjects: [{kind: ServiceAccount, name: ci, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: root}
`,
			Want: []string{"ClusterRoleBinding/ci roleRef.name"},
		},
		{
			Name: "in a namespace",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ci, namespace: shop}
subjects: [{kind: ServiceAccount, name: ci, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`,
			Want: []string{"RoleBinding/shop/ci roleRef.name"},
		},
		{
			Name: "the built-in one",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: cluster-admin}
subjects: [{kind: Group, name: "system:masters", apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`,
		},
		{
			Name: "cluster-admin, whatever a manifest of that name says",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: cluster-admin}
rules: [{apiGroups: [apps], resources: [deployments], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: jane}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`,
			Want: []string{"ClusterRoleBinding/jane roleRef.name"},
		},
		{
			Name: "every verb by its name",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: all, namespace: shop}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch, create, update, patch, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: most, namespace: shop}
rules: [{apiGroups: ["*"], resources: ["*"], verbs: [get, list, watch, update, patch, delete]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: all, namespace: shop}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: all}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: most, namespace: shop}
subjects: [{kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: most}
`,
			Want: []string{"RoleBinding/shop/all roleRef.name"},
		},
		{
			Name: "nobody is bound",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: x}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
`,
		},
	},
}

func checkClusterAdmins(v *control.Verdicts) {
	a := v.Access()
	for _, b := range a.Bindings() {
		if b.Object == rbac.Builtin {
			if v.RBAC.Lists(b) {
				v.Pass(1)
			}
			continue
		}
		if len(b.Subjects) == 0 || !a.Everything(b) || isAdminsOwn(b) {
			v.Pass(1)
			continue
		}
		breach := control.Breach{
			Object: b.Object, Path: "roleRef.name", Cause: everythingOf(b),
			Message: "gives " + subjectNames(b.Subjects) + " every right" + scopeText(b),
		}
		if b.Namespace != "" {
			high := control.High
			breach.Severity = &high
		}
		if role := a.RoleOf(b); role != nil && role.Object != rbac.Builtin {
			breach.Related = []control.Decider{{Object: role.Object, Path: "rules", Text: "allows every verb on every resource"}}
		}
		v.Fail(breach)
	}
}

// isAdminsOwn knows the bindings by which a cluster has administrators at all: that of the API server, and that of kubeadm (since 1.29).
func isAdminsOwn(b *rbac.Binding) bool {
	for _, s := range b.Subjects {
		if s.Kind != rbac.KindGroup || s.Name != rbac.GroupMasters && s.Name != "kubeadm:cluster-admins" {
			return false
		}
	}
	return b.Namespace == ""
}

// everythingOf is the cause of findings about what a binding of everything leads to.
func everythingOf(b *rbac.Binding) string { return "binding " + strconv.Itoa(b.Object) }

func scopeText(b *rbac.Binding) string {
	if b.Namespace == "" {
		return " in the cluster"
	}
	return " in namespace " + b.Namespace
}

// subjectNames names the first subjects.
func subjectNames(subjects []rbac.Subject) string {
	text := subjects[0].String()
	if n := len(subjects) - 1; n == 1 {
		text += " and " + subjects[1].String()
	} else if n > 1 {
		text += " and " + strconv.Itoa(n) + " others"
	}
	return text
}
