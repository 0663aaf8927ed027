package rbac

import "github.com/kubeharden/kubeharden/control"

// Impersonate: nobody acts as somebody else.
var Impersonate = control.Control{
	ID: "rbac-impersonate", Section: "least-privilege", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:  "Restrict impersonate on users, groups, service accounts, uids and userextras",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{resources: []string{"users", "groups"}, verbs: []string{"impersonate"}, names: privilegedGroups, cluster: true},
		right{resources: []string{"serviceaccounts"}, verbs: []string{"impersonate"}},
		right{group: "authentication.k8s.io", resources: []string{"userextras/*", "uids"}, verbs: []string{"impersonate"}, cluster: true},
	),
	Risk:    "Proxies and GitOps controllers that act in the name of their users cannot.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop impersonate, or list the users, groups or service accounts that may be acted for in resourceNames.",
	Refs: control.Refs{
		CIS:    []string{"5.1.8"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1078", "T1550.001"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0065", "C-0191"},
		Trivy:     []string{"KSV-0043"},
		Checkov:   []string{"CKV2_K8S_3"},
		Kyverno:   []string{"other/restrict-escalation-verbs-roles"},
		KubeBench: []string{"5.1.8"},
		Other:     []string{"rbac-police:impersonate", "kubehound:IDENTITY_IMPERSONATE", "kubiscan:risky-impersonate-groups"},
	},
	Why: `Whoever may impersonate without a limit is everybody: one header makes a request come from the group system:masters, which no role and no
policy holds back. The audit log is the only place that tells who it was.`,
}

// privilegedGroups are the groups that are administrators in every cluster, or in those that kubeadm makes.
var privilegedGroups = []string{"system:masters", "kubeadm:cluster-admins"}
