package practice

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ReplicasTooFew: a workload outlives the loss of one pod.
var ReplicasTooFew = control.Control{
	ID: "replicas-too-few", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:  "Run several replicas",
	Scope:  control.Objects,
	Kinds:  replicated,
	Unless: control.Any(control.Is("spec.replicas", 0), control.Is("spec.strategy.type", "Recreate")),
	Require: &control.Func{
		Check: checkReplicas, Text: "spec.replicas must be at least the minimum in the settings",
		Expr: func(c control.CEL) string {
			return "(" + replicas.CEL(c.At) + ".orValue(1) >= " + strconv.FormatInt(number(c.Params, "min"), 10) +
				" || !has(" + c.At + ".spec.replicas) && !has(" + c.At + ".spec.selector))"
		},
	},
	Params: []control.Param{{Name: "min", Doc: "the least number of replicas", Default: []string{"2"}}},
	Fix:    control.Advice,
	NoFix:  "Whether the program can run more than once at a time, and whether a HorizontalPodAutoscaler sets the number, the manifest does not say.",
	Risk:   "A program that expects to be alone, or that keeps state of its own, is not.",
	Remedy: "Set spec.replicas to 2 or more, or let a HorizontalPodAutoscaler with minReplicas set it.",
	Bad:    []control.Change{{Path: "spec.replicas", Value: 1}, {Path: "spec.replicas", Name: "missing"}},
	Good:   []control.Change{{Path: "spec.replicas", Value: 2}, {Path: "spec.replicas", Value: 0, Name: "switched off"}},
	Refs:   control.Refs{Source: []string{deploymentDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"minimum-three-replicas"},
		Polaris:    []string{"deploymentMissingReplicas"},
		KubeScore:  []string{"deployment-replicas"},
		Kyverno:    []string{"other/deployment-has-multiple-replicas"},
		Other:      []string{"gatekeeper:replicalimits"},
	},
	Why: `A single pod means an outage whenever its node is drained, fails or runs out of memory. Without spec.replicas there is one pod, unless a
HorizontalPodAutoscaler sets the number. Workloads that are switched off (0), or that stop before they start again (Recreate), are not meant.`,
}

var replicas = control.NewField("spec.replicas")

func checkReplicas(s *control.Subject, at tree.Node, fail control.FailFunc) {
	n, want := replicas.Find(at), strconv.FormatInt(number(s.Params, "min"), 10)
	if !n.Exists() {
		// What has no selector either is a patch for another manifest.
		if number(s.Params, "min") > 1 && at.Get("spec").Get("selector").Exists() {
			fail(replicas.Violation(at, "is missing, which means 1 unless a HorizontalPodAutoscaler sets it; wanted are "+want))
		}
		return
	}
	if v, ok := n.Int(); ok && v < number(s.Params, "min") {
		fail(replicas.Violation(at, "is "+control.Show(n)+", less than "+want))
	}
}
