package practice

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ContainersPerPodTooMany: a pod is one thing, not a whole machine.
var ContainersPerPodTooMany = control.Control{
	ID: "containers-per-pod-too-many", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Limit the number of containers of a pod",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: checkCount, Text: "containers must not be more than the maximum in the settings",
		Expr: func(c control.CEL) string {
			return "(" + c.At + ".?containers.orValue([]).size() <= " + strconv.FormatInt(number(c.Params, "max"), 10) + ")"
		},
	},
	Params: []control.Param{{Name: "max", Doc: "the most containers of a pod; init containers do not count", Example: []string{"4"}}},
	Fix:    control.Advice,
	NoFix:  "How to cut a pod in pieces only its author knows.",
	Risk:   "What moves to another pod no longer shares the network and the volumes of this one.",
	Remedy: "Move containers into pods of their own until there are no more than the parameter max allows.",
	Bad:    []control.Change{{Path: "containers", Value: named("a", "b", "c", "d", "e"), Name: "five"}},
	Good:   []control.Change{{Path: "containers", Value: named("a", "b", "c", "d"), Name: "four"}},
	Refs:   control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/workloads/pods/"}},
	Peers: control.Peers{
		Kyverno: []string{"other/limit-containers-per-pod"},
	},
	Why: `All containers of a pod are scheduled, scaled, restarted and given up together, and share one network: what is broken into in one of them
is close to all. How many are too many is a matter of taste, so this control needs a setting.`,
}

func checkCount(s *control.Subject, at tree.Node, fail control.FailFunc) {
	list := at.Get("containers")
	if n, most := list.Len(), number(s.Params, "max"); int64(n) > most {
		fail(control.Violation{At: list, Problem: "are " + strconv.Itoa(n) + ", more than " + strconv.FormatInt(most, 10)})
	}
}

func named(names ...string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = map[string]any{"name": name, "image": "registry.example.com/app:1"}
	}
	return list
}
