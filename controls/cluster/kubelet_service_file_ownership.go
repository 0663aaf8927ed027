package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeletServiceFileOwnership: the unit of the kubelet belongs to root.
var KubeletServiceFileOwnership = control.Control{
	ID: "kubelet-service-file-ownership", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own the kubelet service file by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletService),
	Require:  &control.NodeFiles{Roles: []string{node.RoleKubeletService}, Types: []string{"file"}, Root: true},
	Risk:     "A tool that writes the unit under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the unit and on its drop-ins.",
	Refs: control.Refs{
		CIS:    []string{"4.1.2"},
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1543.005"},
		Source: []string{cisBenchmark},
	},
	Peers: control.Peers{Kubescape: []string{"C-0163"}, Trivy: []string{"KCV-0070"}, KubeBench: []string{"4.1.2"}},
	Why:   `An owner can give himself every right on his file. systemd runs as root what stands in it.`,
}
