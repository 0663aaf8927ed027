package pods

import "github.com/kubeharden/kubeharden/control"

// ResourceRatioTooHigh: what a container may use is in proportion to what is reserved for it.
var ResourceRatioTooHigh = control.Control{
	ID: "resource-ratio-too-high", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Bound the ratio of limit to request",
	Scope:   control.Containers,
	Unless:  ephemeral,
	Require: ratioBounded,
	Params: []control.Param{{
		Name: "maxRatio", Doc: "how many times its request a limit may be, such as 2 or 1.5",
		Example: []string{"2"}, Valid: isRatio,
	}},
	Risk:    "Higher requests reserve more of the nodes, so a pod may stay pending.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Raise the request or lower the limit, until the limit is at most as many times the request as the parameter maxRatio says.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{resourceDocs},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/enforce-resources-as-ratio", "other/require-qos-burstable"},
		Other:   []string{"gatekeeper:containerresourceratios"},
	},
	Why: `The scheduler looks at requests only. If limits are many times higher, containers that all use what they may need far more than the node has,
and some are slowed down or killed: one noisy tenant is enough.`,
	Bad: []control.Change{
		{Path: "resources.requests.cpu", Value: "499m"},
		{Path: "resources.limits.memory", Value: "64Gi"},
	},
	Good: []control.Change{
		{Path: "resources.requests.cpu", Value: "500m"},
		{Path: "resources.requests"},
		{Path: "resources.limits"},
	},
}
