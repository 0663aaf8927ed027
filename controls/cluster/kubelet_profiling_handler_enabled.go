package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletProfilingHandlerEnabled: nobody needs a profiler in production.
var KubeletProfilingHandlerEnabled = control.Control{
	ID: "kubelet-profiling-handler-enabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Turn off kubelet profiling and flag handlers",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnFields{OnComponents: control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FieldIs("enableProfilingHandler", false), control.FieldIs("enableDebugFlagsHandler", false)}}},
	Risk:     "The endpoints /debug/pprof and /debug/flags/v of the kubelet are gone.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set enableProfilingHandler: false and enableDebugFlagsHandler: false in the kubelet's configuration file.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1082"},
		Source: []string{kubeletAPI},
	},
	Why: `Profiles show what the kubelet is doing and with what, taking one costs it time, and the flag handler makes it log more than it should. The endpoints
ask for rights, so that it is a small thing; but nobody misses them.`,
	Examples: []control.Example{
		fails("on", kubeletFile("enableProfilingHandler: true", "enableDebugFlagsHandler: false"), "enableProfilingHandler"),
		fails("flags", kubeletFile("enableProfilingHandler: false", "enableDebugFlagsHandler: true"), "enableDebugFlagsHandler"),
		passes("off", kubeletFile("enableProfilingHandler: false", "enableDebugFlagsHandler: false")),
	},
}
