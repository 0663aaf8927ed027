package rbac

import "github.com/kubeharden/kubeharden/control"

// SystemMastersBinding: nobody is in system:masters.
var SystemMastersBinding = control.Control{
	ID: "rbac-system-masters-binding", Section: "cluster-admin", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:   "Do not use the system:masters group",
	Scope:   control.Objects,
	Kinds:   bothBindings,
	Unless:  bootstrapBinding,
	Require: noSubject(subject{"Group", "system:masters", "which no role and no policy holds back"}),
	Risk:    "Nothing for the group, which may do everything without a binding; people who hold a certificate of it keep that.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop the subject; make administrators a group of your identity provider, bind that one, and keep a certificate of system:masters in a safe.",
	Refs: control.Refs{
		CIS:    []string{"5.1.7"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006", "T1078"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege", "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0246"},
		Trivy:     []string{"KSV-0123"},
		Kyverno:   []string{"other/restrict-binding-system-groups"},
		KubeBench: []string{"5.1.7"},
	},
	Why: `The API server lets members of system:masters do everything before it looks at any role: removing bindings does not remove the right, and
admission webhooks are all that sees them. A binding to the group shows that somebody works as a member, and gives the next one the role by
habit.`,
	Good: []control.Change{
		subjects("user", "User", "system:masters"),
		subjects("another group", "Group", "administrators"),
		{Path: "metadata", Value: map[string]any{"name": "cluster-admin", "labels": map[string]any{"kubernetes.io/bootstrapping": "rbac-defaults", "owner": "team-a"}}, Name: "label alone"},
	},
}
