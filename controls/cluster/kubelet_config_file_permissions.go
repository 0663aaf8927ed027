package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeletConfigFilePermissions: only root sets how the kubelet is configured.
var KubeletConfigFilePermissions = control.Control{
	ID: "kubelet-config-file-permissions", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict the kubelet config file (and drop-ins) to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletConfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleKubeletConfig}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "Agents that read the configuration as another user than root no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the configuration file of the kubelet and on its drop-ins.",
	Refs: control.Refs{
		CIS:    []string{"4.1.9"},
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1562"},
		Source: []string{cisBenchmark, "https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/"},
	},
	Peers: control.Peers{Kubescape: []string{"C-0170", "C-0235"}, Trivy: []string{"KCV-0077"}, KubeBench: []string{"4.1.9"}},
	Why: `The file and its drop-ins decide who may talk to the kubelet and where it finds static pods. Who can write one of them opens the kubelet, or lets it start a
pod of his as root; who can read them knows what is open.`,
}
