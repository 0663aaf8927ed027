package pods

import "github.com/kubeharden/kubeharden/control"

// PriorityClassNotAllowed: WHY-ONE-LINE.
var PriorityClassNotAllowed = control.Control{
	ID: "priority-class-not-allowed", Section: "resource-limits", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Tenants must not use system or unlisted PriorityClasses (pre-emption)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: replace
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"priority-class-name"},
		Kyverno:    []string{"other/allowed-podpriorities"},
	},
	Why: ``,
}
