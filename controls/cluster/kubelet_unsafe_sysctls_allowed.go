package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletUnsafeSysctlsAllowed: pods set no kernel parameter that others share.
var KubeletUnsafeSysctlsAllowed = control.Control{
	ID: "kubelet-unsafe-sysctls-allowed", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Do not allow unsafe sysctls node-wide",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagCleared("allowed-unsafe-sysctls", "kernel.msg*,net.core.somaxconn")}},
	Risk:     "Pods that set one of the sysctls are refused by the node.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Take allowedUnsafeSysctls out of the kubelet's configuration file; keep nodes that need one apart, with a taint.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#enabling-unsafe-sysctls", kubeletAPI},
	},
	Peers: control.Peers{
		Other: []string{"kics:cluster_allows_unsafe_sysctls"},
	},
	Why: `Unsafe sysctls are not kept apart from other pods and from the node, or may use up its memory. Once the node allows one, every pod that lands there
may set it, unless Pod Security refuses.`,
	Examples: []control.Example{
		fails("one", kubeletFile("allowedUnsafeSysctls: [kernel.msg*]"), "allowedUnsafeSysctls"),
		passes("none", kubeletFile("allowedUnsafeSysctls: []")),
		passes("the default", kubeletFile("cgroupDriver: systemd")),
	},
}
