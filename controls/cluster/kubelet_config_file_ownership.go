package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeletConfigFileOwnership: the configuration of the kubelet belongs to root.
var KubeletConfigFileOwnership = control.Control{
	ID: "kubelet-config-file-ownership", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own the kubelet config file by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletConfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleKubeletConfig}, Types: []string{"file"}, Root: true},
	Risk:     "A tool that writes the file under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the configuration file of the kubelet and on its drop-ins.",
	Refs: control.Refs{
		CIS:    []string{"4.1.10"},
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1562"},
		Source: []string{cisBenchmark},
	},
	Peers: control.Peers{Kubescape: []string{"C-0171"}, Trivy: []string{"KCV-0078"}, KubeBench: []string{"4.1.10"}},
	Why:   `The owner of the file can turn authentication off or name a folder of static pods, which the kubelet then runs as root.`,
}
