package rbac

import "github.com/kubeharden/kubeharden/control"

// NamespaceLabelWrite: nobody switches Pod Security off.
var NamespaceLabelWrite = control.Control{
	ID: "rbac-namespace-label-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:  "Restrict update and patch of namespaces: a label switches Pod Security off",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{resources: []string{"namespaces", "namespaces/status"}, verbs: edit, anyName: true},
		right{resources: []string{"namespaces/finalize"}, verbs: []string{"update"}, anyName: true},
	),
	Risk:    "Operators and people that label namespaces are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop update and patch on namespaces; let a pipeline that is reviewed write their labels.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC", "Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#namespace-modification"},
	},
	Why: `Pod Security is a label of the namespace: patching it to privileged switches the guard off, and other labels open network policies and
webhooks that select by namespace. A Role is enough for its own namespace, resourceNames do not help, and namespaces/status and
namespaces/finalize change labels as well.`,
}
