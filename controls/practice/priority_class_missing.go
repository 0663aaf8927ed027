package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PriorityClassMissing: the scheduler knows what matters most.
var PriorityClassMissing = control.Control{
	ID: "priority-class-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Set a PriorityClass",
	Scope: control.PodSpecs,
	Require: control.FixWith(control.Any(control.Present("priorityClassName", nil), control.Present("priority", nil)),
		func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			return append(out, control.Edit{Op: control.Set, At: at, Path: []string{"priorityClassName"}, Value: param(s.Params, "value")})
		}),
	Params: []control.Param{{Name: "value", Doc: "the PriorityClass that a fix sets", Example: []string{"business-critical"}}},
	Fix:    control.Auto,
	Risk:   "The API server refuses pods with a PriorityClass that the cluster does not have.",
	Remedy: "Set priorityClassName to a PriorityClass that the cluster has; a fix sets the one in the parameter value.",
	Refs:   control.Refs{Source: []string{priorityDocs}},
	Peers: control.Peers{
		Polaris: []string{"priorityClassNotSet"},
		Kyverno: []string{"other/require-pod-priorityclassname"},
	},
	Why: `When a node runs out of memory or there is no room for a pod, the scheduler and the kubelet go by priority. Pods without a class have that of
the global default, or 0: all are equally dispensable. Which classes there are only the cluster knows, so this control needs a setting.`,
}
