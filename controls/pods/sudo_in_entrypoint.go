package pods

import "github.com/kubeharden/kubeharden/control"

// SudoInEntrypoint: WHY-ONE-LINE.
var SudoInEntrypoint = control.Control{
	ID: "sudo-in-entrypoint", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not call sudo/su in the entrypoint",
	Scope:   control.Containers,
	Require: nil, // catalogue: advice: rebuild image
	Risk:    "",
	Fix:     control.Advice,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1548.003"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0062"},
	},
	Why: ``,
}
