package pods

import "github.com/kubeharden/kubeharden/control"

// InteractiveTerminalRequested: a deployed container has no terminal.
var InteractiveTerminalRequested = control.Control{
	ID: "interactive-terminal-requested", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Do not ask for stdin or a terminal in deployed workloads",
	Scope:   control.Containers,
	Unless:  ephemeral,
	Require: control.All(control.Not("stdin", true), control.Not("tty", true)),
	Risk:    "A program that reads from its standard input gets none, and `kubectl attach -it` no longer works.",
	Fix:     control.Auto,
	Remedy:  "Remove stdin: true and tty: true.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1609"},
		Source: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/"},
	},
	Peers: control.Peers{
		Other: []string{"gatekeeper:disallowinteractive"},
	},
	Why: `A server needs no terminal. One that is kept open, often a leftover of debugging, gives whoever may attach to pods a live console inside of the
container, and is the typical trace of one that was started by hand.`,
}
