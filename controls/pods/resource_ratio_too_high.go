package pods

import "github.com/kubeharden/kubeharden/control"

// ResourceRatioTooHigh: WHY-ONE-LINE.
var ResourceRatioTooHigh = control.Control{
	ID: "resource-ratio-too-high", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Bound the limit/request ratio",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: raise request
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/enforce-resources-as-ratio", "other/require-qos-burstable"},
		Other:   []string{"gatekeeper:containerresourceratios"},
	},
	Why: ``,
}
