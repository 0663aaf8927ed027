package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeletCAFilePermissions: only root says whose certificates the kubelet takes.
var KubeletCAFilePermissions = control.Control{
	ID: "kubelet-ca-file-permissions", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Restrict the client CA file to 644 or tighter",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletClientCA),
	Require:  &control.NodeFiles{Roles: []string{node.RoleKubeletClientCA}, Types: []string{"file"}, Mode: 0o644},
	Risk:     "A tool that renews the authority under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 644 on the file of client authorities.",
	Refs: control.Refs{
		CIS:    []string{"4.1.7"},
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeletAuthDocs},
	},
	Peers: control.Peers{Kubescape: []string{"C-0168"}, Trivy: []string{"KCV-0075"}, KubeBench: []string{"4.1.7"}},
	Why: `The kubelet takes every client whose certificate comes from an authority in this file. Who can write it adds an authority of his own and is then whoever
he wants to be on port 10250.`,
}
