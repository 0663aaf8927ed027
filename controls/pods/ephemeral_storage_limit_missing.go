package pods

import "github.com/kubeharden/kubeharden/control"

// EphemeralStorageLimitMissing: WHY-ONE-LINE.
var EphemeralStorageLimitMissing = control.Control{
	ID: "ephemeral-storage-limit-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set ephemeral-storage requests and limits",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: set default
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeScore: []string{"container-ephemeral-storage-request-and-limit container-ephemeral-storage-request-equals-limit"},
		Other:     []string{"gatekeeper:ephemeralstoragelimit"},
	},
	Why: ``,
}
