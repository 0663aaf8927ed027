package practice

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ProbePortNotExposed: a probe knocks at a door that is there.
var ProbePortNotExposed = control.Control{
	ID: "probe-port-not-exposed", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:  "Refer in probes only to ports that have a name",
	Scope:  control.Containers,
	Unless: control.Ephemeral(),
	Require: &control.Func{
		Check: checkProbes, Text: "a port that a probe names must be among the ports of its container",
		Expr: probesCEL,
	},
	Fix:    control.Advice,
	NoFix:  "Which port is meant only its author knows.",
	Risk:   "A probe that works at last can find the program broken.",
	Remedy: "Add the port under the name that the probe uses to the ports of the container, or write its number into the probe.",
	Bad: []control.Change{
		{Path: "livenessProbe", Value: map[string]any{"httpGet": map[string]any{"port": "missing"}}},
		{Path: "readinessProbe", Value: map[string]any{"tcpSocket": map[string]any{"port": "missing"}}},
	},
	Good: []control.Change{{Path: "livenessProbe", Value: map[string]any{"httpGet": map[string]any{"port": 9999}}, Name: "number"}},
	Refs: control.Refs{Source: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/", podAPI}},
	Peers: control.Peers{
		KubeLinter: []string{"liveness-port", "readiness-port", "startup-port"},
	},
	Why: `The kubelet looks a named port up among the ports of the same container. If it is not there, the probe fails: the container is restarted
over and over, or never becomes ready. A number needs no entry: ports of containers only inform, they open nothing.`,
}

// probeHandlers are the places of ports in a container's probes; those of gRPC probes are always numbers.
var probeHandlers = func() (fields []control.Field) {
	for _, probe := range []string{"livenessProbe", "readinessProbe", "startupProbe"} {
		for _, action := range []string{"httpGet", "tcpSocket"} {
			fields = append(fields, control.NewField(probe+"."+action+".port"))
		}
	}
	return fields
}()

func checkProbes(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for i := range probeHandlers {
		n := probeHandlers[i].Find(at)
		if name, ok := n.Str(); ok && !hasPort(at, name) &&
			!fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", which is no port of the container"}) {
			return
		}
	}
}

func hasPort(at tree.Node, name string) bool {
	for _, port := range at.Get("ports").Items() {
		if port.Get("name").StrIs(name) {
			return true
		}
	}
	return false
}

func probesCEL(c control.CEL) string {
	ports := control.NewField("ports")
	tests := make([]string, len(probeHandlers))
	for i := range probeHandlers {
		v := probeHandlers[i].CEL(c.At)
		tests[i] = "(!" + v + ".hasValue() || type(" + v + ".value()) != string || " + ports.CEL(c.At) + ".orValue([]).exists(p, p.?name == " + v + "))"
	}
	return "(" + strings.Join(tests, " && ") + ")"
}
