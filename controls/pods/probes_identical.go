package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ProbesIdentical: what takes a container out of service need not restart it.
var ProbesIdentical = control.Control{
	ID: "probes-identical", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Give the liveness probe more patience than an equal readiness probe",
	Scope:   control.Containers,
	Unless:  shortLived,
	Require: &control.Func{Check: checkSameProbes, Text: "a livenessProbe that checks the same as the readinessProbe must tolerate more failures", Expr: sameProbesCEL},
	Fix:     control.Advice,
	NoFix:   "Whether the two should check different things or only differ in patience depends on the program.",
	Risk:    "A container that hangs is restarted a little later.",
	Remedy:  "Raise the failureThreshold of the livenessProbe, or let it check something that needs no other service.",
	Refs: control.Refs{
		Source: []string{probeDocs},
	},
	Peers: control.Peers{
		KubeScore: []string{"pod-probes-identical"},
		Kyverno:   []string{"other/validate-probes"},
	},
	Why: `If both probes ask the same with the same patience, a container is restarted in the moment in which it is taken out of service. It never gets to
recover, and under load the restarts move from pod to pod. The same endpoint is fine if the liveness probe tolerates more failures.`,
	Bad: []control.Change{
		{Path: "livenessProbe", Value: map[string]any{"httpGet": map[string]any{"port": 8080, "path": "/readyz"}}},
	},
	Good: []control.Change{
		{Path: "livenessProbe", Value: map[string]any{"httpGet": map[string]any{"port": 8080, "path": "/readyz"}, "failureThreshold": 10}},
		{Path: "livenessProbe", Value: map[string]any{"httpGet": map[string]any{"port": 8080, "path": "/readyz"}, "periodSeconds": 30}},
		{Path: "livenessProbe", Name: "missing"},
	},
}

func checkSameProbes(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	live, ready := at.Get("livenessProbe"), at.Get("readinessProbe")
	some := false
	for _, h := range handlers {
		n := live.Get(h)
		if !same(n, ready.Get(h)) {
			return
		}
		some = some || n.Exists() && !n.IsNull()
	}
	if some && patience(live) <= patience(ready) {
		fail(control.Violation{At: live, Problem: "checks the same as readinessProbe and is no more patient"})
	}
}

// patience is how many seconds a probe may fail; 0 stands for the default, as it does to the API server.
func patience(probe tree.Node) int64 {
	threshold, _ := probe.Get("failureThreshold").Int()
	period, _ := probe.Get("periodSeconds").Int()
	if threshold == 0 {
		threshold = 3
	}
	if period == 0 {
		period = 10
	}
	return threshold * period
}

func sameProbesCEL(c control.CEL) string {
	live, ready := c.At+".?livenessProbe", c.At+".?readinessProbe"
	var equal, some []string
	for _, h := range handlers {
		equal = append(equal, live+".?"+h+" == "+ready+".?"+h)
		some = append(some, live+".?"+h+".hasValue()")
	}
	number := func(probe, name, value string) string {
		n := probe + ".?" + name + ".orValue(0)"
		return "(" + n + " == 0 ? " + value + " : " + n + ")"
	}
	patience := func(probe string) string {
		return number(probe, "failureThreshold", "3") + " * " + number(probe, "periodSeconds", "10")
	}
	return "(!(" + strings.Join(some, " || ") + ") || !(" + strings.Join(equal, " && ") + ") || " + patience(live) + " > " + patience(ready) + ")"
}
