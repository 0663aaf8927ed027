package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverFlowControlDisabled: one client does not take it all.
var ApiserverFlowControlDisabled = control.Control{
	ID: "apiserver-flow-control-disabled", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Keep API Priority and Fairness on and bounded",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(alsoGood(control.FlagIs("enable-priority-and-fairness", true), []string{}), bounded("max-requests-inflight"), bounded("max-mutating-requests-inflight")),
	Risk:     "A client that takes more than its share waits, or gets 429.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForComponents,
	Remedy: `Start the API server without --enable-priority-and-fairness=false, and with --max-requests-inflight and
--max-mutating-requests-inflight above 0.`,
	Refs: control.Refs{
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1499"},
		Source: []string{"https://kubernetes.io/docs/concepts/cluster-administration/flow-control/"},
	},
	Why: `Without it all requests wait in one line: a client that asks too often, by mistake or on purpose, keeps kubelets from reporting, and
nodes are taken for dead. A limit of 0 is none.`,
}

// bounded requires a number of requests that is not 0.
func bounded(flag string) control.Setting {
	fix := map[string]string{"max-requests-inflight": "400", "max-mutating-requests-inflight": "200"}[flag]
	s := control.FlagTold(flag, "must not be 0", func(v *component.Value, _ *component.Instance) string {
		if n, ok := v.Int(); ok && n == 0 {
			return "is 0, which is no limit"
		}
		return ""
	}, []string{"0"}, []string{fix})
	s.Edits = func(i *component.Instance) []component.Edit { return set(i, flag, fix) }
	return alsoGood(s, []string{})
}
