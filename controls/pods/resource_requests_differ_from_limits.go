package pods

import "github.com/kubeharden/kubeharden/control"

// ResourceRequestsDifferFromLimits: critical workloads get what they may use (QoS class Guaranteed).
var ResourceRequestsDifferFromLimits = control.Control{
	ID: "resource-requests-differ-from-limits", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Make requests equal limits for critical workloads (QoS class Guaranteed)",
	Scope:   control.Containers,
	Unless:  control.Any(ephemeral, notCritical),
	Require: guaranteed,
	Params: []control.Param{{
		Name: "priorityClasses", Doc: "PriorityClasses of the critical workloads; * stands for all pods",
		Default: []string{"system-cluster-critical", "system-node-critical"}, Example: []string{"business-critical"},
	}},
	Risk:   "Higher requests reserve more of the nodes, so a pod may stay pending.",
	Fix:    control.Auto,
	Remedy: "Give requests the same cpu and memory as limits.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{qosDocs, podResourceDocs},
	},
	Peers: control.Peers{
		KubeScore: []string{"container-resource-requests-equal-limits", "container-cpu-requests-equal-limits", "container-memory-requests-equal-limits"},
		Kyverno:   []string{"other/memory-requests-equal-limits", "other/require-qos-guaranteed"},
		Other:     []string{"kics:container_requests_not_equal_to_its_limits"},
	},
	Why: `A pod whose requests equal its limits has the QoS class Guaranteed: it is killed and evicted last, because it never uses more than was reserved for it.
Workloads that others depend on should be in it.`,
	Bad: []control.Change{
		{Path: "resources.limits.cpu", Value: "2"},
		{Path: "resources.requests.memory", Value: "64Mi"},
		{Path: "resources.limits.memory"},
	},
	Good: []control.Change{
		{Path: "resources.requests.cpu", Value: "1000m"},
		{Path: "resources.requests"},
	},
}
