package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletPodPIDsLimitMissing: one pod cannot use up the processes of its node.
var KubeletPodPIDsLimitMissing = control.Control{
	ID: "kubelet-pod-pids-limit-missing", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Limit PIDs per pod",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagNumber("pod-max-pids", "must be greater than 0", 4096, func(n int64) bool { return n <= 0 }, []string{"-1", "0"}, []string{"4096"})}},
	Risk:     "Programs with more processes and threads than the limit fail to start the next one.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set podPidsLimit: 4096 in the kubelet's configuration file, more if pods of the node have more threads.",
	Refs: control.Refs{
		CIS:    []string{"4.2.13"},
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499"},
		Source: []string{"https://kubernetes.io/docs/concepts/policy/pid-limiting/", kubeletAPI},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0284"},
		KubeBench: []string{"4.2.13"},
	},
	Why: `Without a limit a fork bomb in one pod takes all process ids of the node: no other pod starts a process then, and neither does the kubelet.`,
	Examples: []control.Example{
		fails("none", kubeletFile("podPidsLimit: -1"), "podPidsLimit"),
		fails("not given", kubeletFile("cgroupDriver: systemd"), ""),
		passes("limited", kubeletFile("podPidsLimit: 1024")),
	},
}
