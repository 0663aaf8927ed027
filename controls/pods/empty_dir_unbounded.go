package pods

import "github.com/kubeharden/kubeharden/control"

// EmptyDirUnbounded: WHY-ONE-LINE.
var EmptyDirUnbounded = control.Control{
	ID: "empty-dir-unbounded", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Bound emptyDir (sizeLimit, above all medium: Memory)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: sizeLimit
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/require-emptydir-requests-and-limits", "other/add-emptydir-sizelimit"},
	},
	Why: ``,
}
