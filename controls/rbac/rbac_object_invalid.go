package rbac

import (
	"github.com/kubeharden/kubeharden/control"
)

// RbacObjectInvalid: a rule that means nothing is a mistake.
var RbacObjectInvalid = control.Control{
	ID: "rbac-object-invalid", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:    "Write roles and bindings that the API server accepts and that mean something",
	Scope:    control.Everything,
	Kinds:    []control.Kind{{Group: "rbac.authorization.k8s.io", Kind: control.AnyKind}},
	Require:  &control.Together{Check: checkRBACFlaws, Text: "roles and bindings must have the fields and values that the API server accepts"},
	Risk:     "The role or binding takes effect.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	Remedy:   "Correct the field that the finding names.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/rbac/"},
	},
	Why: `The API server refuses such an object, or takes it and it allows nothing. Either way somebody believes in rights that are not as they are written, and
mends that by a role that allows more.`,
	Examples: []control.Example{
		{
			Name: "a subject without a namespace",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ci}
subjects: [{kind: ServiceAccount, name: ci}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
`,
			Want: []string{"ClusterRoleBinding/ci subjects[0].namespace"},
		},
		{
			Name: "complete",
			Manifests: `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: ci}
subjects: [{kind: ServiceAccount, name: ci, namespace: shop}]
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
`,
		},
	},
}

func checkRBACFlaws(v *control.Verdicts) {
	bad := map[int]bool{}
	for _, f := range append(v.RBAC.Flaws, v.Access().Flaws...) {
		bad[f.Object] = true
		v.Fail(control.Breach{Object: f.Object, Path: f.Path, Message: f.Path + " " + f.Message})
	}
	for i := range v.RBAC.Roles {
		if !bad[v.RBAC.Roles[i].Object] {
			v.Pass(1)
		}
	}
	for i := range v.RBAC.Bindings {
		if !bad[v.RBAC.Bindings[i].Object] {
			v.Pass(1)
		}
	}
}
