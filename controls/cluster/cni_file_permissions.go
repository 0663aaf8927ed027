package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// CNIFilePermissions: only root says which network programs run.
var CNIFilePermissions = control.Control{
	ID: "cni-file-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict CNI config files to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleCNIConfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleCNIConfig}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "Installers of network plugins that do not run as root no longer write their configuration.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the files in the folder of the CNI configuration.",
	Refs: control.Refs{
		CIS:    []string{"1.1.9"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, "https://www.cni.dev/docs/spec/#section-1-network-configuration-format"},
	},
	Peers: control.Peers{Kubescape: []string{"C-0100"}, Trivy: []string{"KCV-0056"}, KubeBench: []string{"1.1.9"}},
	Why: `The container runtime runs the plugins that these files name, as root, for each pod. Who can write one runs his own, or takes network policies away; some
plugins put credentials of the cluster beside them.`,
}
