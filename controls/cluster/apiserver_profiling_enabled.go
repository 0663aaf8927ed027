package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverProfilingEnabled: nobody needs a profiler in production.
var ApiserverProfilingEnabled = control.Control{
	ID: "apiserver-profiling-enabled", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Switch the profiling endpoint of the API server off",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.APIServer}, Settings: []control.Setting{control.FlagIs("profiling", false)}},
	Risk:     "The endpoint /debug/pprof is gone.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	Remedy:   "Start the API server with --profiling=false.",
	NoPolicy: "An admission policy does not see what a static pod is started with.",
	Refs: control.Refs{
		CIS:    []string{"1.2.15"},
		NSA:    []string{"Network separation: control plane"},
		MITRE:  []string{"T1613"},
		Source: []string{"https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/"},
	},
	Peers: control.Peers{},
	Why:   `Profiles show what the API server is doing and with what, and taking one costs it time. The endpoint asks for rights, so that it is a small thing; but nobody misses it.`,
}
