package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NetworkPolicyPortsMissing: a rule opens the ports that are needed.
var NetworkPolicyPortsMissing = control.Control{
	ID: "network-policy-ports-missing", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title: "Name the ports in rules that allow traffic",
	Scope: control.Objects,
	Kinds: networkPolicies,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			eachPeers(at, func(_ *flow, rule, peers tree.Node) bool {
				// A rule without peers and ports is what network-policy-allows-all-ingress and -egress are about.
				return peers.Len() == 0 || limitsPorts(rule) || fail(control.Violation{At: rule, Problem: "names no port, so it is for all of them"})
			})
		},
		Text: "every rule with peers must have ports, each with a port",
		Expr: func(c control.CEL) string {
			one := func(f *flow) string {
				return f.inForceCEL(c.At) + ".all(r, r.?" + f.peers + ".orValue([]) == [] || " + limitsPortsCEL + ")"
			}
			return "(" + one(&ingress) + " && " + one(&egress) + ")"
		},
	},
	Risk:   "Connections to ports that are not named are cut off.",
	Fix:    control.Advice,
	NoFix:  "On which ports the pods are called, one policy alone does not tell: kubeharden generate network-policies works it out.",
	Remedy: "Add ports with the ports of the containers that the peers have to reach.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyAPI},
	},
	Why: `A rule without ports opens all of them, also those that nobody thinks of: debuggers, metrics, admin interfaces, sidecars. An attacker in an
allowed client looks for exactly these, as they rarely ask for a password.`,
	Bad: []control.Change{
		{Path: "spec.ingress", Name: "missing", Value: []any{map[string]any{"from": []any{peer("podSelector", "client")}}}},
		{Path: "spec.egress", Name: "empty", Value: []any{map[string]any{"to": []any{peer("podSelector", "client")}, "ports": []any{}}}},
		{Path: "spec.egress", Name: "protocol only", Value: []any{map[string]any{"to": []any{peer("podSelector", "client")}, "ports": []any{map[string]any{"protocol": "TCP"}}}}},
	},
	Good: []control.Change{
		{Path: "spec.ingress", Name: "name", Value: []any{map[string]any{"from": []any{peer("podSelector", "client")}, "ports": []any{map[string]any{"port": "http"}}}}},
	},
}
