package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletProtectKernelDefaultsDisabled: nobody loosens the kernel unseen.
var KubeletProtectKernelDefaultsDisabled = control.Control{
	ID: "kubelet-protect-kernel-defaults-disabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Fail when kernel tunables differ from kubelet defaults",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagIs("protect-kernel-defaults", true)}},
	Risk:     "The kubelet does not start on a node whose sysctls differ: vm.overcommit_memory=1, vm.panic_on_oom=0, kernel.panic=10, kernel.panic_on_oops=1, kernel.keys.root_maxkeys=1000000, kernel.keys.root_maxbytes=25000000.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Write the sysctls that the risk names to /etc/sysctl.d on every node, apply them, then set protectKernelDefaults: true in the kubelet's configuration file.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1611"},
		Source: []string{kubeletAPI, kubeletFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0177"},
		Trivy:     []string{"KCV-0083"},
		Checkov:   []string{"CKV_K8S_144"},
	},
	Why: `By default the kubelet writes its own values over what the node has, in silence. With the setting it stops where the node differs, so that the values
are those that the node's owner knows.`,
	Examples: []control.Example{
		fails("off", kubeletFile("protectKernelDefaults: false"), "protectKernelDefaults"),
		fails("not given", kubeletFile("cgroupDriver: systemd"), ""),
		passes("on", kubeletFile("protectKernelDefaults: true")),
	},
}
