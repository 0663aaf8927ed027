package rbac

import "github.com/kubeharden/kubeharden/control"

// BindRoles: nobody gives rights away at will.
var BindRoles = control.Control{
	ID: "rbac-bind-roles", Section: "least-privilege", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:  "Restrict bind and the writing of RoleBindings and ClusterRoleBindings",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{group: rbacGroup, resources: []string{"clusterroles", "roles"}, verbs: []string{"bind"}, names: []string{"cluster-admin"}},
		right{group: rbacGroup, resources: []string{"rolebindings"}, verbs: change},
		right{group: rbacGroup, resources: []string{"clusterrolebindings"}, verbs: change, cluster: true},
	),
	Risk:    "Operators that make roles for what they deploy, and people who invite others into a namespace, are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop bind, and create, update and patch on bindings; where somebody has to delegate, keep bind for the harmless roles in resourceNames.",
	Refs: control.Refs{
		CIS:    []string{"5.1.8"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#restrictions-on-role-binding-creation-or-update"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0191"},
		Trivy:     []string{"KSV-0050", "KSV-0051", "KSV-0052", "KSV-0055"},
		Checkov:   []string{"CKV_K8S_157", "CKV2_K8S_1"},
		Kyverno:   []string{"other/restrict-escalation-verbs-roles"},
		KubeBench: []string{"5.1.8"},
		Other:     []string{"rbac-police:bind_roles", "kubehound:ROLE_BIND"},
	},
	Why: `The verb bind switches off the check that nobody hands out more than they have: with it, one RoleBinding to cluster-admin is all that an
attacker needs. Without it, who may write bindings can still give all of the own rights to an account that outlives the break-in.`,
}
