package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ControllerManagerTerminatedPodGCThreshold: what has ended is cleared away.
var ControllerManagerTerminatedPodGCThreshold = control.Control{
	ID: "controller-manager-terminated-pod-gc-threshold", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Bound the number of terminated pods that are kept",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.ControllerManager}, Settings: []control.Setting{control.FlagNumber("terminated-pod-gc-threshold", "must be greater than 0", 12500, func(n int64) bool { return n <= 0 }, []string{"0", "-1"}, []string{"12500", "10"})}},
	Risk:     "The oldest terminated pods and their logs go once there are more than that.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Leave --terminated-pod-gc-threshold out, which means 12500, or set a number that etcd can hold.",
	Refs: control.Refs{
		CIS:    []string{"1.3.1"},
		NSA:    []string{"Network separation: control plane hardening"},
		MITRE:  []string{"T1499"},
		Source: []string{managerFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0144"},
		Trivy:     []string{"KCV-0033"},
		Checkov:   []string{"CKV_K8S_106"},
		KubeBench: []string{"1.3.1"},
	},
	Why: `With 0 or less nothing is cleared away: pods that have failed pile up, until etcd is full and the API server slow.`,
}
