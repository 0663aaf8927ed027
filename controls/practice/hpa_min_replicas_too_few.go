package practice

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// HPAMinReplicasTooFew: an autoscaler leaves enough pods to lose one.
var HPAMinReplicasTooFew = control.Control{
	ID: "hpa-min-replicas-too-few", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Keep several minReplicas in a HorizontalPodAutoscaler",
	Scope: control.Objects,
	Kinds: autoscalers,
	Require: &control.Func{
		Check: checkLeast, Text: "spec.minReplicas must be at least the minimum in the settings",
		Expr: func(c control.CEL) string {
			return "(" + minReplicas.CEL(c.At) + ".orValue(1) >= " + strconv.FormatInt(number(c.Params, "min"), 10) + ")"
		},
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			want := number(s.Params, "min")
			if most, ok := maxReplicas.Find(at).Int(); ok && most < want {
				return out
			}
			return append(out, minReplicas.Set(at, want))
		},
	},
	Params: []control.Param{{Name: "min", Doc: "the least number of pods", Default: []string{"2"}}},
	Fix:    control.Auto,
	Risk:   "More pods run when there is no load, and a program that expects to be alone is not.",
	Remedy: "Set spec.minReplicas to at least the number in the parameter min, which is 2 by default.",
	Bad:    []control.Change{{Path: "spec.minReplicas", Value: 1}, {Path: "spec.minReplicas", Name: "missing"}},
	Good:   []control.Change{{Path: "spec.minReplicas", Value: 2}},
	Refs:   control.Refs{Source: []string{autoscaleDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"hpa-minimum-three-replicas"},
		Polaris:    []string{"hpaMinAvailability"},
		KubeScore:  []string{"horizontalpodautoscaler-replicas"},
		Other:      []string{"gatekeeper:horizontalpodautoscaler"},
	},
	Why: `An autoscaler may take the workload down to minReplicas, which is 1 if nothing is said. A single pod means an outage whenever its node is
drained or fails.`,
}

func checkLeast(s *control.Subject, at tree.Node, fail control.FailFunc) {
	want := strconv.FormatInt(number(s.Params, "min"), 10)
	switch least := leastReplicas(at); {
	case least >= number(s.Params, "min"):
	case minReplicas.Find(at).Exists():
		fail(minReplicas.Violation(at, "is "+strconv.FormatInt(least, 10)+", less than "+want))
	default:
		fail(minReplicas.Violation(at, "is missing, which means 1, less than "+want))
	}
}
