package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// ControllerManagerKubeconfigPermissions: nobody else acts as the controller manager.
var ControllerManagerKubeconfigPermissions = control.Control{
	ID: "controller-manager-kubeconfig-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict controller-manager.conf to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleManagerKubeconfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleManagerKubeconfig}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "A controller manager that does not run as root needs to own the file.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the kubeconfig of the controller manager.",
	Refs: control.Refs{
		CIS:    []string{"1.1.17"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0108"}, Trivy: []string{"KCV-0064"}, KubeBench: []string{"1.1.17"}},
	Why:   `With the credentials in it anybody is the controller manager, which creates tokens of every service account and reads every Secret.`,
}
