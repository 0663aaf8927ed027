package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletEventQPSUnsuitable: events are not lost.
var KubeletEventQPSUnsuitable = control.Control{
	ID: "kubelet-event-qps-unsuitable", Section: "kubelet", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Keep kubelet event capture at a sensible rate",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagNumber("event-qps", "must be at least 5, or 0 for no limit", 50, func(n int64) bool { return n < 0 || n > 0 && n < 5 }, []string{"1", "4"}, []string{"50", "0", "5"})}},
	Risk:     "More events are written to the API server.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Leave eventRecordQPS out of the kubelet's configuration file, which means 50.",
	Refs: control.Refs{
		CIS:    []string{"4.2.8"},
		NSA:    []string{"Audit logging: logging"},
		MITRE:  []string{"T1562"},
		Source: []string{kubeletAPI, kubeletFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0180"},
		Trivy:     []string{"KCV-0087"},
		Checkov:   []string{"CKV_K8S_147"},
		KubeBench: []string{"4.2.8"},
	},
	Why: `Events beyond the rate are dropped. With a rate below the lowest that any release has had by default, five, what happened on the node cannot be read
later. 0 is no limit: it loses nothing and costs the API server more.`,
	Examples: []control.Example{
		fails("one", kubeletFile("eventRecordQPS: 1"), "eventRecordQPS"),
		passes("no limit", kubeletFile("eventRecordQPS: 0")),
		passes("the default", kubeletFile("cgroupDriver: systemd")),
	},
}
