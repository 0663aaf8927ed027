package pods

import "github.com/kubeharden/kubeharden/control"

// ResourceLimitTooHigh: WHY-ONE-LINE.
var ResourceLimitTooHigh = control.Control{
	ID: "resource-limit-too-high", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Keep limits under the agreed maximum",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: cap
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubeaudit: []string{"limits/LimitsCPUExceeded", "limits/LimitsMemoryExceeded"},
		Other:     []string{"gatekeeper:containerlimits"},
	},
	Why: ``,
}
