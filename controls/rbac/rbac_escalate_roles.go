package rbac

import "github.com/kubeharden/kubeharden/control"

// EscalateRoles: nobody widens roles.
var EscalateRoles = control.Control{
	ID: "rbac-escalate-roles", Section: "least-privilege", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:  "Restrict escalate and the editing of Roles and ClusterRoles",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{group: rbacGroup, resources: []string{"roles"}, verbs: []string{"escalate"}, anyName: true},
		right{group: rbacGroup, resources: []string{"clusterroles"}, verbs: []string{"escalate"}, anyName: true, cluster: true},
		right{group: rbacGroup, resources: []string{"roles"}, verbs: edit},
		right{group: rbacGroup, resources: []string{"clusterroles"}, verbs: edit, cluster: true},
	),
	Risk:    "Operators that keep roles for what they deploy up to date are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop escalate, and update and patch on roles and clusterroles; let a pipeline that is reviewed write roles.",
	Refs: control.Refs{
		CIS:    []string{"5.1.8"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-creation-or-update"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0191"},
		Trivy:     []string{"KSV-0050"},
		Checkov:   []string{"CKV_K8S_158"},
		Kyverno:   []string{"other/restrict-escalation-verbs-roles"},
		KubeBench: []string{"5.1.8"},
		Other:     []string{"rbac-police:escalate_roles"},
	},
	Why: `The verb escalate lets somebody write rights into a role that they do not have, such as all rights into the role that is bound to
themselves; resourceNames do not help, since the named role can be given everything. With update or patch alone, every holder of the changed
role gets what the writer has.`,
}
