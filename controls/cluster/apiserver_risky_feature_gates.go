package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverRiskyFeatureGates: some gates take protection away.
var ApiserverRiskyFeatureGates = control.Control{
	ID: "apiserver-risky-feature-gates", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Leave feature gates alone that are alpha or that take protection away",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(noRiskyGates()),
	Risk:     "What needs the gate stops.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Take the gate from --feature-gates.",
	Refs: control.Refs{
		NSA:    []string{nsaUpgrading},
		MITRE:  []string{"T1068", "T1562.001"},
		Source: []string{"https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/"},
	},
	Why: `What is alpha was not tested for long, and its checks of what a caller may do are the newest code there is. Some gates that are on
exist to be turned off by those who depend on a hole that was closed, so that false opens it again.`,
	Examples: gateExamples,
}
