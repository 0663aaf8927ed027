package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PDBWithoutPolicy: a budget says how many pods it protects.
var PDBWithoutPolicy = control.Control{
	ID: "pdb-without-policy", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Set minAvailable or maxUnavailable in a PodDisruptionBudget",
	Scope: control.Objects,
	Kinds: budgets,
	Require: control.FixTo(&control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if !minAvailable.Find(at).Exists() && !maxUnavailable.Find(at).Exists() {
				fail(maxUnavailable.Violation(at, "is missing, and so is minAvailable"))
			}
		},
		Text: "spec.minAvailable or spec.maxUnavailable must be set",
		Expr: func(c control.CEL) string {
			return "(" + minAvailable.CEL(c.At) + ".hasValue() || " + maxUnavailable.CEL(c.At) + ".hasValue())"
		},
	}, "spec.maxUnavailable", int64(1)),
	Fix:    control.Auto,
	Risk:   "One pod at a time may be evicted, where before none could.",
	Remedy: "Set spec.maxUnavailable, for example to 1, or spec.minAvailable.",
	Bad:    []control.Change{{Path: "spec.maxUnavailable", Name: "missing"}},
	Good:   []control.Change{{Path: "spec", Value: map[string]any{"minAvailable": "50%"}}},
	Refs:   control.Refs{Source: []string{budgetDocs, "https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/disruption/disruption.go"}},
	Peers: control.Peers{
		KubeScore: []string{"poddisruptionbudget-has-policy"},
	},
	Why: `With neither field the controller expects no pods and allows no disruptions: every eviction of the pods is refused, and drains of their
nodes hang. That is hardly what somebody meant who left both out.`,
}

var minAvailable, maxUnavailable = control.NewField("spec.minAvailable"), control.NewField("spec.maxUnavailable")
