package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// AdminKubeconfigOwnership: the keys of the cluster belong to root.
var AdminKubeconfigOwnership = control.Control{
	ID: "admin-kubeconfig-ownership", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Own admin.conf by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleAdminKubeconfig, node.RoleSuperAdmin),
	Require:  &control.NodeFiles{Roles: []string{node.RoleAdminKubeconfig, node.RoleSuperAdmin}, Types: []string{"file"}, Root: true},
	Risk:     "Users who own the file need a kubeconfig of their own, with the rights that they need.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the file.",
	Refs: control.Refs{
		CIS:    []string{"1.1.14"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0105"}, Trivy: []string{"KCV-0061"}, KubeBench: []string{"1.1.14"}},
	Why:   `The owner of the file reads it whatever its mode says, and is an administrator of the whole cluster.`,
}
