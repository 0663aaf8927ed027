package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeletKubeconfigOwnership: the kubeconfig of the kubelet belongs to root.
var KubeletKubeconfigOwnership = control.Control{
	ID: "kubelet-kubeconfig-ownership", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own kubelet.conf by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletKubeconfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleKubeletKubeconfig}, Types: []string{"file"}, Root: true},
	Risk:     "A tool that writes the file under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the kubeconfig of the kubelet.",
	Refs: control.Refs{
		CIS:    []string{"4.1.6"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark},
	},
	Peers: control.Peers{Kubescape: []string{"C-0167"}, Trivy: []string{"KCV-0074"}, KubeBench: []string{"4.1.6"}},
	Why:   `The owner of the file can send the kubelet to an API server of his own, which then says what runs on the node, as root if it likes.`,
}
