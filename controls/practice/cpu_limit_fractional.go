package practice

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/quantity"
	"github.com/kubeharden/kubeharden/tree"
)

// CPULimitFractional: what needs processors of its own asks for whole ones.
var CPULimitFractional = control.Control{
	ID: "cpu-limit-fractional", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:  "Use whole CPU limits for latency-critical pods",
	Scope:  control.Containers,
	Unless: control.Any(control.Ephemeral(), outsideClasses),
	Require: &control.Func{
		Check: checkWhole, Text: "resources.limits.cpu must be a whole number",
		Expr: func(c control.CEL) string {
			v := cpuLimit.CEL(c.At)
			return "(!" + v + ".hasValue() || quantity(string(" + v + ".value())).asApproximateFloat() == double(int(quantity(string(" + v + ".value())).asApproximateFloat())))"
		},
	},
	Params: []control.Param{{Name: "priorityClasses", Doc: "PriorityClasses of the pods that need whole processors; * stands for all pods", Example: []string{"business-critical"}}},
	Fix:    control.Advice,
	NoFix:  "Whether to round up, and pay for it, or to do without processors of its own only a person can say.",
	Risk:   "The pod takes more of its node and may find none with enough room.",
	Remedy: "Set resources.limits.cpu to a whole number such as 1 or 2, or take the pod's class out of the parameter priorityClasses.",
	Bad:    []control.Change{{Path: "resources.limits.cpu", Value: "500m"}, {Path: "resources.limits.cpu", Value: "1.5"}},
	Good:   []control.Change{{Path: "resources.limits.cpu", Value: "2000m"}, {Path: "resources.limits.cpu", Value: 2}},
	Refs:   control.Refs{Source: []string{"https://kubernetes.io/docs/tasks/administer-cluster/cpu-management-policies/"}},
	Peers: control.Peers{
		Other: []string{"semgrep:no-fractional-cpu-limits"},
	},
	Why: `The kubelet's static CPU manager gives processors of its own only to containers of Guaranteed pods that ask for a whole number; all others
share, and a fraction is enforced by stopping the container for parts of every 100 ms. For most workloads that is fine, so this control needs a setting.`,
}

var cpuLimit = control.NewField("resources.limits.cpu")

func checkWhole(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	n := cpuLimit.Find(at)
	if v, ok := quantity.Parse(n.Text()); ok && strings.HasSuffix(v.String(), "m") {
		fail(cpuLimit.Violation(at, "is "+control.Show(n)+", not a whole number"))
	}
}

// outsideClasses are pods whose PriorityClass is not in the setting.
var outsideClasses = control.OnPod(&control.Func{
	Text: "priorityClassName is not in the settings",
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		if classes := s.Params["priorityClasses"]; slices.Contains(classes, "*") || slices.Contains(classes, at.Get("priorityClassName").Text()) {
			fail(control.Violation{At: at, Problem: "is in a class of the settings"})
		}
	},
	Expr: func(c control.CEL) string {
		if slices.Contains(c.Params["priorityClasses"], "*") {
			return "false"
		}
		return "!(" + c.At + ".?priorityClassName.orValue('') in " + control.QuoteAll(c.Params["priorityClasses"]) + ")"
	},
})
