package pods

import "github.com/kubeharden/kubeharden/control"

// SudoInEntrypoint: a container starts as the user it needs, and no other.
var SudoInEntrypoint = control.Control{
	ID: "sudo-in-entrypoint", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not call sudo or su in the entrypoint",
	Scope:   control.Containers,
	Require: notInEntrypoint(newProgram("sudo|su"), "command and args must not call sudo or su", "calls sudo or su"),
	Risk:    "Steps of the start that need root have to move into the image or into an init container.",
	Fix:     control.Advice,
	NoFix:   "only whoever knows the image can say which steps need root",
	Remedy:  "Start the container as the user it needs (securityContext.runAsUser), and prepare files in the image or in an init container.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1548.003"},
		Source: []string{"https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0062"},
	},
	Why: `A container that starts with sudo can become root at any time, and so can whoever breaks into it: sudo needs privilege escalation, a setuid binary and a
rule that asks for no password. With su it has been root from the start.`,
	Bad: []control.Change{
		{Path: "command", Value: []any{"sudo", "-E", "server"}},
		{Path: "command", Value: []any{"/usr/bin/sudo", "server"}},
		{Path: "command", Value: []any{"sh", "-c", "cd /app && sudo ./run"}},
		{Path: "command", Value: []any{"/bin/bash", "-ec", "if true; then\n  su app -c run; fi"}},
		{Path: "command", Value: []any{"tini", "--", "sudo", "server"}},
		{Path: "args", Value: []any{"sudo", "server"}},
		{Path: "args", Value: []any{"-c", "exec sudo server"}},
	},
	Good: []control.Change{
		{Path: "command", Value: []any{"gosu", "app", "server"}},
		{Path: "command", Value: []any{"sh", "-c", "echo no sudo here; apt-get install -y sudo"}},
		{Path: "command", Value: []any{"sudoku", "--su"}},
		{Path: "args", Value: []any{"--user", "su"}},
	},
}
