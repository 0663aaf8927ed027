package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeletCAFileOwnership: the authorities that the kubelet trusts belong to root.
var KubeletCAFileOwnership = control.Control{
	ID: "kubelet-ca-file-ownership", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Own the client CA file by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletClientCA),
	Require:  &control.NodeFiles{Roles: []string{node.RoleKubeletClientCA}, Types: []string{"file"}, Root: true},
	Risk:     "A tool that renews the authority under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the file of client authorities.",
	Refs: control.Refs{
		CIS:    []string{"4.1.8"},
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeletAuthDocs},
	},
	Peers: control.Peers{Kubescape: []string{"C-0169"}, Trivy: []string{"KCV-0076"}, KubeBench: []string{"4.1.8"}},
	Why:   `The owner of the file decides whose certificates the kubelet takes, and with that who starts programs in the pods of the node.`,
}
