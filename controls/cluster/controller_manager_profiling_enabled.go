package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ControllerManagerProfilingEnabled: nobody needs a profiler in production.
var ControllerManagerProfilingEnabled = control.Control{
	ID: "controller-manager-profiling-enabled", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Turn off controller-manager profiling",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.ControllerManager}, Settings: []control.Setting{control.FlagIs("profiling", false)}},
	Risk:     "The endpoint /debug/pprof is gone.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start the controller manager with --profiling=false.",
	Refs: control.Refs{
		CIS:    []string{"1.3.2"},
		NSA:    []string{"Network separation: control plane hardening"},
		MITRE:  []string{"T1082"},
		Source: []string{managerFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0145"},
		Trivy:     []string{"KCV-0034"},
		Checkov:   []string{"CKV_K8S_107"},
		KubeBench: []string{"1.3.2"},
	},
	Why: `Profiles show what the controller manager is doing and with what, and taking one costs it time. The endpoint asks for rights, so that it is a small
thing; but nobody misses it.`,
}
