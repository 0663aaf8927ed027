package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// CNIFileOwnership: the configuration of the network belongs to root.
var CNIFileOwnership = control.Control{
	ID: "cni-file-ownership", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own CNI config files by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleCNIConfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleCNIConfig}, Types: []string{"file"}, Root: true},
	Risk:     "Installers of network plugins that do not run as root no longer write their configuration.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the files in the folder of the CNI configuration.",
	Refs: control.Refs{
		CIS:    []string{"1.1.10"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark},
	},
	Peers: control.Peers{Kubescape: []string{"C-0101"}, Trivy: []string{"KCV-0057"}, KubeBench: []string{"1.1.10"}},
	Why:   `The owner of the file chooses the programs that the container runtime runs as root whenever a pod starts.`,
}
