package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PriorityClassNotAllowed: a workload cannot push system components aside.
var PriorityClassNotAllowed = control.Control{
	ID: "priority-class-not-allowed", Section: "resource-limits", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Do not use PriorityClasses of the system or unlisted ones",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: checkPriorityClass, Expr: priorityClassCEL,
		Text: "priorityClassName must be an allowed one, and one of the system's only in its own namespaces",
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			return append(out, control.Edit{Op: control.Remove, At: priorityClass.Find(at)})
		},
	},
	Params: []control.Param{{
		Name: "allowed", Doc: "PriorityClasses that workloads may use; * stands for all but those of the system",
		Default: []string{"*"}, Example: []string{"business-critical"},
	}, {
		Name: "systemNamespaces", Doc: "namespaces whose pods may use the classes of the system",
		Default: []string{"kube-system"},
	}},
	Risk:   "When resources are short the pod waits longer, or is evicted earlier.",
	Fix:    control.Auto,
	Remedy: "Set priorityClassName to a class in the parameter allowed, or remove it; keep the classes of the system for the namespaces in the parameter systemNamespaces.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/", "https://kubernetes.io/docs/tasks/administer-cluster/guaranteed-scheduling-critical-addon-pods/"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"priority-class-name"},
		Kyverno:    []string{"other/allowed-podpriorities"},
	},
	Why: `The scheduler evicts pods of lower priority to make room. A workload that takes the priority of a system component, or the highest one there is, can push
DNS, network agents and other tenants off the nodes.`,
	Bad: []control.Change{
		{Path: "priorityClassName", Value: "system-cluster-critical"},
		{Path: "priorityClassName", Value: "system-node-critical"},
		{Path: "priorityClassName", Value: "unlisted"},
	},
	Good: []control.Change{{Path: "priorityClassName", Name: "missing"}},
}

var priorityClass = control.NewField("priorityClassName")

const systemPrefix = "system-" // only classes of the system may be named like this

func checkPriorityClass(s *control.Subject, at tree.Node, fail control.FailFunc) {
	n := priorityClass.Find(at)
	if !n.Exists() || n.StrIs("") {
		return
	}
	name, allowed := n.Text(), s.Params["allowed"]
	switch system := strings.HasPrefix(name, systemPrefix); {
	case system && !slices.Contains(s.Params["systemNamespaces"], s.Object.Namespace):
		fail(priorityClass.Violation(at, "is "+name+", which is for the system's own pods"))
	case !system && !slices.Contains(allowed, "*") && !slices.Contains(allowed, name):
		fail(priorityClass.Violation(at, "is "+control.Show(n)+", which is not allowed"))
	}
}

func priorityClassCEL(c control.CEL) string {
	name, allowed := priorityClass.CEL(c.At)+".orValue('')", "true"
	if list := c.Params["allowed"]; !slices.Contains(list, "*") {
		allowed = name + " in " + control.QuoteAll(list)
	}
	return "(" + name + " == '' || (" + name + ".startsWith('" + systemPrefix + "') ? object.?metadata.?namespace.orValue('') in " +
		control.QuoteAll(c.Params["systemNamespaces"]) + " : " + allowed + "))"
}
