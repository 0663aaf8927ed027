package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SSHServerInContainer: Kubernetes has its own way into a container.
var SSHServerInContainer = control.Control{
	ID: "ssh-server-in-container", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Do not run or expose SSH in containers",
	Scope: control.Containers,
	Require: control.All(
		control.Each("ports", map[string]any{"containerPort": 8080}, sshPort),
		notInEntrypoint(newProgram("sshd|dropbear"), "command and args must not start an SSH server", "starts an SSH server")),
	Suppresses: []string{"privileged-container-port"},
	Fix:        control.Advice,
	NoFix:      "The port in the list is only a notice of the server: to remove it would not stop it.",
	Risk:       "People and programs that log in over SSH lose their way in.",
	Remedy:     "Remove the SSH server from the image; use kubectl exec or an ephemeral container, which are authorised and logged.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1021.004"},
		Source: []string{"https://kubernetes.io/docs/tasks/debug/debug-application/get-shell-running-container/", "https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"ssh-port"},
		Kubescape:  []string{"C-0042"},
	},
	Why: `An SSH server is a second way into the container, past RBAC, admission and the audit log, with keys of its own that nobody rotates. It mostly
runs as root and moves whoever has a key from pod to pod. For debugging there is kubectl exec.`,
	Bad: []control.Change{
		{Path: "ports", Value: []any{map[string]any{"containerPort": 22}}, Name: "22"},
		{Path: "command", Value: []any{"/usr/sbin/sshd", "-D"}},
		{Path: "args", Value: []any{"sh", "-c", "ssh-keygen -A; exec sshd -D"}},
	},
	Good: []control.Change{
		{Path: "ports", Value: []any{map[string]any{"containerPort": 22, "protocol": "UDP"}}, Name: "22/UDP"},
		{Path: "command", Value: []any{"ssh", "-N", "bastion"}},
	},
}

var sshPort = &control.Func{
	Text: "containerPort must not be 22",
	Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		n := containerPort.Find(at)
		if port, _ := n.Int(); port == 22 && !at.Get("protocol").StrIs("UDP") && !at.Get("protocol").StrIs("SCTP") {
			fail(control.Violation{At: n, Problem: "is 22, the port of SSH"})
		}
	},
	Expr: func(c control.CEL) string {
		return "(" + containerPort.CEL(c.At) + ".orValue(0) != 22 || " + c.At + ".?protocol.orValue('TCP') in ['UDP', 'SCTP'])"
	},
}
