package pods

import "github.com/kubeharden/kubeharden/control"

// UIDGIDOutsideAllowedRange: WHY-ONE-LINE.
var UIDGIDOutsideAllowedRange = control.Control{
	ID: "uid-gid-outside-allowed-range", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Keep UID/GID/fsGroup inside the range of the tenant; one UID per workload",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: assign from range
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/validate-userid-groupid-fsgroup", "other/require-unique-uid-per-workload"},
		Other:   []string{"gatekeeper:users", "gatekeeper:fsgroup"},
	},
	Why: ``,
}
