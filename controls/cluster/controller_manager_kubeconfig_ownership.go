package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// ControllerManagerKubeconfigOwnership: the kubeconfig of the controller manager belongs to root.
var ControllerManagerKubeconfigOwnership = control.Control{
	ID: "controller-manager-kubeconfig-ownership", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own controller-manager.conf by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleManagerKubeconfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleManagerKubeconfig}, Types: []string{"file"}, Root: true},
	Risk:     "A controller manager that runs under another account has to own the file itself.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the kubeconfig of the controller manager.",
	Refs: control.Refs{
		CIS:    []string{"1.1.18"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0109"}, Trivy: []string{"KCV-0065"}, KubeBench: []string{"1.1.18"}},
	Why:   `The owner of the file has the credentials of the controller manager, which creates tokens of every service account and reads every Secret, and can send it to an API server of his own.`,
}
