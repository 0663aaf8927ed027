package pods

import "github.com/kubeharden/kubeharden/control"

// DeviceAccessAdmin: WHY-ONE-LINE.
var DeviceAccessAdmin = control.Control{
	ID: "device-access-admin", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Do not request DRA adminAccess or raw /dev devices",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: adminAccess: false
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Why: ``,
}
