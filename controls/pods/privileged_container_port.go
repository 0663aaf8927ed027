package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PrivilegedContainerPort: a program that needs no port below 1024 needs no right to bind one.
var PrivilegedContainerPort = control.Control{
	ID: "privileged-container-port", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title: "Do not listen below 1024",
	Scope: control.Containers,
	Require: control.Each("ports", map[string]any{"containerPort": 8080}, &control.Func{
		Check: checkPrivilegedPort, Expr: privilegedPortCEL,
		Text: "containerPort must be 1024 or above, unless the pod opens lower ports to every user by net.ipv4.ip_unprivileged_port_start",
	}),
	Fix:    control.Advice,
	NoFix:  "The program has to listen on the other port too, and Services and probes that name the port by its number have to follow.",
	Risk:   "Clients that use the address of the pod and the old port no longer reach it.",
	Remedy: "Let the program listen on a port from 1024 on and keep the low port in the Service, or set the safe sysctl net.ipv4.ip_unprivileged_port_start.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/", "https://man7.org/linux/man-pages/man7/capabilities.7.html"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"privileged-ports"},
		Trivy:      []string{"KSV-0117"},
	},
	Why: `To listen below 1024 a program must be root or have the capability NET_BIND_SERVICE, unless the container runtime or a sysctl lifts the limit. The Service can offer port
80 all the same, so nearly always the right to bind it, and with it root, can be given up.`,
	Bad: []control.Change{
		{Path: "ports", Value: []any{map[string]any{"containerPort": 80}}, Name: "80"},
		{Path: "ports", Value: []any{map[string]any{"containerPort": 8080}, map[string]any{"containerPort": 1023}}, Name: "second"},
	},
	Good: []control.Change{
		{Path: "ports", Value: []any{map[string]any{"containerPort": 1024}}, Name: "1024"},
	},
}

var containerPort = control.NewField("containerPort")

const portStart = "net.ipv4.ip_unprivileged_port_start"

func checkPrivilegedPort(s *control.Subject, at tree.Node, fail control.FailFunc) {
	n := containerPort.Find(at)
	port, ok := n.Int()
	if !ok || port <= 0 || port >= 1024 {
		return
	}
	for _, sysctl := range s.Pod.Spec.Get("securityContext").Get("sysctls").Items() {
		if sysctl.Get("name").StrIs(portStart) {
			return
		}
	}
	fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", below 1024"})
}

func privilegedPortCEL(c control.CEL) string {
	port := containerPort.CEL(c.At) + ".orValue(0)"
	return "(" + port + " <= 0 || " + port + " >= 1024 || " + c.Pod + ".?securityContext.?sysctls.orValue([]).exists(s, s.?name.orValue('') == '" + portStart + "'))"
}
