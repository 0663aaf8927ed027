package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeletServiceFilePermissions: only root decides how the kubelet is started.
var KubeletServiceFilePermissions = control.Control{
	ID: "kubelet-service-file-permissions", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict the kubelet service file to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletService),
	Require:  &control.NodeFiles{Roles: []string{node.RoleKubeletService}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "systemctl cat of users who are not root fails.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on kubelet.service and on its drop-ins, such as /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf.",
	Refs: control.Refs{
		CIS:    []string{"4.1.1"},
		NSA:    []string{nsaNodes},
		MITRE:  []string{"T1543.005"},
		Source: []string{cisBenchmark, "https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/kubelet-integration/"},
	},
	Peers: control.Peers{Kubescape: []string{"C-0162"}, Trivy: []string{"KCV-0069"}, KubeBench: []string{"4.1.1"}},
	Why: `systemd starts as root what the unit and its drop-ins say. Who can write one of them is root with the next start; who can read them sees flags and files of
variables, with credentials where somebody put them there.`,
}
