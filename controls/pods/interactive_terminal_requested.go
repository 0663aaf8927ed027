package pods

import "github.com/kubeharden/kubeharden/control"

// InteractiveTerminalRequested: WHY-ONE-LINE.
var InteractiveTerminalRequested = control.Control{
	ID: "interactive-terminal-requested", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Do not request stdin/tty in deployed workloads",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove stdin/tty
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1609"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Other: []string{"gatekeeper:disallowinteractive"},
	},
	Why: ``,
}
