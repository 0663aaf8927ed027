package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// ControllerManagerPodSpecFilePermissions: only root reads and writes how the controller manager is started.
var ControllerManagerPodSpecFilePermissions = control.Control{
	ID: "controller-manager-pod-spec-file-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict kube-controller-manager.yaml to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("kube-controller-manager", node.RoleStaticPod),
	Require:  &control.NodeFiles{Roles: []string{node.RoleStaticPod}, Component: "kube-controller-manager", Mode: 0o600},
	Risk:     "Agents that read static pods as another user than root no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the file. The kubelet reads it as root and does not restart the pod for that.",
	Refs: control.Refs{
		CIS:    []string{"1.1.3"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0094"}, Trivy: []string{"KCV-0050"}, KubeBench: []string{"1.1.3"}},
	Why: `The kubelet starts what this file says, and the controller manager has the key that signs certificates and tokens. Who can write the file has
that key; who can read it knows where it lies.`,
}
