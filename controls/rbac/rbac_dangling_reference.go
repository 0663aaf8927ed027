package rbac

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/rbac"
)

// RbacDanglingReference: a right waits for nobody.
var RbacDanglingReference = control.Control{
	ID: "rbac-dangling-reference", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:    "Remove bindings to roles and accounts that do not exist",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.RoleKinds(), control.Core("ServiceAccount", "Namespace")),
	Kinds:    []control.Kind{{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}, {Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}},
	Require:  &control.Together{Check: checkDangling, Text: "the role and the service accounts of a binding must exist"},
	Risk:     "Nothing: the binding has no effect today.",
	Fix:      control.Advice,
	NoFix:    "Whether the binding or the missing thing is the mistake only a person can say.",
	Remedy:   "Remove the binding or the subject, or add what it names.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/rbac/"},
	},
	Peers: control.Peers{
		Polaris: []string{"clusterrolebindingPodExecAttach", "rolebindingClusterRolePodExecAttach", "rolebindingRolePodExecAttach"},
		Other:   []string{"popeye:1300"},
	},
	Why: `A binding to a name that nobody has waits for it: whoever may create a service account or a role of that name gets the rights, and nobody who looks at
the new object sees why.`,
	Examples: []control.Example{
		{
			Name: "an account that was deleted",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: other, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ci, namespace: shop}
subjects: [{kind: ServiceAccount, name: ci, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
`,
			Want: []string{"RoleBinding/shop/ci subjects[0].name"},
		},
		{
			Name: "all there",
			Manifests: `apiVersion: v1
kind: ServiceAccount
metadata: {name: ci, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ci, namespace: shop}
subjects: [{kind: ServiceAccount, name: ci, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
`,
		},
		{
			Name: "a role that is missing",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: deployer, namespace: shop}
rules: [{apiGroups: [""], resources: ["pods"], verbs: ["get"]}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: ci, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: ci, namespace: shop}
subjects: [{kind: ServiceAccount, name: ci, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deploier}
`,
			Want: []string{"RoleBinding/shop/ci roleRef.name"},
		},
		{
			Name: "a namespace of which nothing is known",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ci}
subjects: [{kind: ServiceAccount, name: ci, namespace: elsewhere}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
`,
			Want: []string{"ClusterRoleBinding/ci subjects[0].name"},
		},
	},
}

func checkDangling(v *control.Verdicts) {
	bad := map[*rbac.Binding]bool{}
	for _, d := range v.Access().Dangling() {
		bad[d.Binding] = true
		b := control.Breach{Object: d.Binding.Object, Path: "roleRef.name", Unknown: !d.Sure}
		if d.Subject < 0 {
			b.Message = "names " + d.Binding.RoleString() + ", which does not exist"
		} else {
			b.Path = "subjects[" + strconv.Itoa(d.Subject) + "].name"
			b.Message = "names " + d.Binding.Subjects[d.Subject].String() + ", which does not exist"
		}
		if b.Unknown {
			b.Message += " in what was scanned; nothing else of its place is known either"
		}
		v.Fail(b)
	}
	for _, b := range v.Access().Bindings() {
		if (b.Object != rbac.Builtin || v.RBAC.Lists(b)) && !bad[b] {
			v.Pass(1)
		}
	}
}
