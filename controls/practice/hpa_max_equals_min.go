package practice

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// HPAMaxEqualsMin: an autoscaler has room to scale.
var HPAMaxEqualsMin = control.Control{
	ID: "hpa-max-equals-min", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Let a HorizontalPodAutoscaler scale: more maxReplicas than minReplicas",
	Scope: control.Objects,
	Kinds: autoscalers,
	Require: &control.Func{
		Check: checkRoom, Text: "spec.maxReplicas must be more than spec.minReplicas",
		Expr: func(c control.CEL) string {
			return "(!" + maxReplicas.CEL(c.At) + ".hasValue() || " + maxReplicas.CEL(c.At) + ".value() > " + minReplicas.CEL(c.At) + ".orValue(1))"
		},
	},
	Fix:    control.Advice,
	NoFix:  "How many pods the program may grow to is a matter of load and money.",
	Risk:   "More pods run under load, and the database behind them gets more connections.",
	Remedy: "Set spec.maxReplicas higher than spec.minReplicas; for a fixed number of pods delete the HorizontalPodAutoscaler and set spec.replicas of the workload.",
	Bad:    []control.Change{{Path: "spec.maxReplicas", Value: 3}, {Path: "spec.maxReplicas", Value: 2}},
	Good:   []control.Change{{Path: "spec.maxReplicas", Value: 4}},
	Refs:   control.Refs{Source: []string{autoscaleDocs}},
	Peers: control.Peers{
		Polaris: []string{"hpaMaxAvailability"},
	},
	Why: `A HorizontalPodAutoscaler whose bounds are equal keeps a fixed number of pods: it hides that nothing scales. Where a fixed number is
wanted, the replicas of the workload say so.`,
}

var minReplicas, maxReplicas = control.NewField("spec.minReplicas"), control.NewField("spec.maxReplicas")

// leastReplicas is the lower bound of an autoscaler; without one it is 1.
func leastReplicas(at tree.Node) int64 {
	if v, ok := minReplicas.Find(at).Int(); ok {
		return v
	}
	return 1
}

func checkRoom(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	least := leastReplicas(at)
	if v, ok := maxReplicas.Find(at).Int(); ok && v <= least {
		fail(maxReplicas.Violation(at, "is "+strconv.FormatInt(v, 10)+", no more than minReplicas, which is "+strconv.FormatInt(least, 10)))
	}
}
