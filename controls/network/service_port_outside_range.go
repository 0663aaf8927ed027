package network

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ServicePortOutsideRange: services use the ports that firewalls know.
var ServicePortOutsideRange = control.Control{
	ID: "service-port-outside-range", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title: "Keep the ports of Services in the allowed ranges",
	Scope: control.Objects,
	Kinds: services,
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, port := range servicePorts.Find(at).Items() {
				n := port.Get("port")
				number, ok := n.Int()
				if ok && !inRanges(number, s.Params["ranges"]) &&
					!fail(control.Violation{At: n, Problem: "is " + control.Show(n) + ", allowed is " + strings.Join(s.Params["ranges"], ", ")}) {
					return
				}
			}
		},
		Text: "spec.ports[].port must be in one of the allowed ranges",
		Expr: func(c control.CEL) string {
			var all []string
			for _, r := range c.Params["ranges"] {
				low, high, _ := bounds(r)
				all = append(all, "p.port >= "+strconv.FormatInt(low, 10)+" && p.port <= "+strconv.FormatInt(high, 10))
			}
			return servicePorts.CEL(c.At) + ".orValue([]).all(p, !p.?port.hasValue() || " + strings.Join(all, " || ") + ")"
		},
	},
	Params: []control.Param{{
		Name: "ranges", Doc: "ports that Services may use, each as LOW-HIGH or as one number", Example: []string{"80", "443", "8000-9000"},
		Valid: func(v string) bool { _, _, ok := bounds(v); return ok },
	}},
	Risk:   "Clients have to use the new port.",
	Fix:    control.Advice,
	NoFix:  "Which of the ports is free and known to the clients, only a person can say.",
	Remedy: "Use a port in one of the ranges of the parameter ranges; targetPort may stay.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		Source: []string{serviceDocs + "#field-spec-ports", "https://kyverno.io/policies/other/restrict-service-port-range/restrict-service-port-range/"},
	},
	Peers: control.Peers{Kyverno: []string{"other/restrict-service-port-range"}},
	Why: `Firewalls, meshes and monitoring know the agreed ports. A Service on another one, such as a shell on 4444, goes past the rules that were written for
them, and nobody sees its traffic.`,
	Bad: []control.Change{
		{Path: "spec.ports", Name: "outside", Value: []any{map[string]any{"port": 80}, map[string]any{"port": 4444}}},
		{Path: "spec.ports", Name: "above", Value: []any{map[string]any{"port": 9001}}},
	},
	Good: []control.Change{{Path: "spec.ports", Name: "inside", Value: []any{map[string]any{"port": 443}, map[string]any{"port": 9000}}}},
}

// bounds reads LOW-HIGH or a single number.
func bounds(r string) (low, high int64, ok bool) {
	first, last, isRange := strings.Cut(r, "-")
	if !isRange {
		last = first
	}
	low, err := strconv.ParseInt(first, 10, 32)
	high, err2 := strconv.ParseInt(last, 10, 32)
	return low, high, err == nil && err2 == nil && low >= 1 && low <= high && high <= 65535
}

func inRanges(port int64, ranges []string) bool {
	for _, r := range ranges {
		if low, high, ok := bounds(r); ok && port >= low && port <= high {
			return true
		}
	}
	return false
}
