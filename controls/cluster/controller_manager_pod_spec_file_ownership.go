package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// ControllerManagerPodSpecFileOwnership: nobody but root decides how the controller manager is started.
var ControllerManagerPodSpecFileOwnership = control.Control{
	ID: "controller-manager-pod-spec-file-ownership", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own kube-controller-manager.yaml by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("kube-controller-manager", node.RoleStaticPod),
	Require:  &control.NodeFiles{Roles: []string{node.RoleStaticPod}, Component: "kube-controller-manager", Root: true},
	Risk:     "A tool that writes the file under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the file.",
	Refs: control.Refs{
		CIS:    []string{"1.1.4"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0095"}, Trivy: []string{"KCV-0051"}, KubeBench: []string{"1.1.4"}},
	Why: `An owner can give himself every right on his file, whatever its mode says. The kubelet runs what the file says as root, so its owner is root on
the control plane.`,
}
