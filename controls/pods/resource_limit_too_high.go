package pods

import "github.com/kubeharden/kubeharden/control"

// ResourceLimitTooHigh: no container may take more than was agreed on.
var ResourceLimitTooHigh = control.Control{
	ID: "resource-limit-too-high", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:      "Keep limits under the agreed maximum",
	Scope:      control.Containers,
	Unless:     ephemeral,
	Require:    underMaximum,
	RequirePod: control.ByVersion(control.Step{From: podResourcesFrom, Rule: underMaximum}),
	Params: []control.Param{{
		Name: "max", Doc: "the highest limit for a resource, each as RESOURCE=QUANTITY",
		Example: []string{"cpu=4", "memory=8Gi"}, Valid: isMaximum,
	}},
	Risk:    "A container that needs more than the maximum is slowed down or killed.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Lower the limit to the maximum that the parameter max names for the resource.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{resourceDocs, podResourceDocs},
	},
	Peers: control.Peers{
		Kubeaudit: []string{"limits/LimitsCPUExceeded", "limits/LimitsMemoryExceeded"},
		Other:     []string{"gatekeeper:containerlimits"},
	},
	Why: `A limit that is far above what a workload needs is as good as none: one container may still take a whole node.
A maximum that was agreed on keeps mistakes such as 100Gi for 100Mi, and greedy neighbours, out.`,
	Bad: []control.Change{
		{Path: "resources.limits.memory", Value: "9Gi"},
		{Path: "resources.limits.cpu", Value: 5},
		{Path: "resources.limits.cpu", Value: "4001m"},
	},
	Good: []control.Change{
		{Path: "resources.limits.memory", Value: "8192Mi"},
		{Path: "resources.limits.cpu", Value: 4},
	},
}
