package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// AdminKubeconfigPermissions: the keys of the cluster are for root.
var AdminKubeconfigPermissions = control.Control{
	ID: "admin-kubeconfig-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Restrict admin.conf and super-admin.conf to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleAdminKubeconfig, node.RoleSuperAdmin),
	Require:  &control.NodeFiles{Roles: []string{node.RoleAdminKubeconfig, node.RoleSuperAdmin}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "Users who call kubectl on the node as somebody else than root need a kubeconfig of their own.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the file; if others may have read it, renew it with 'kubeadm certs renew' and, for system:masters, replace the authority.",
	Refs: control.Refs{
		CIS:    []string{"1.1.13"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0104"}, Trivy: []string{"KCV-0060"}, KubeBench: []string{"1.1.13"}},
	Why: `Both files make their reader an administrator of the whole cluster until the certificate expires: it cannot be revoked, and the one in super-admin.conf is
not even subject to RBAC.`,
}
