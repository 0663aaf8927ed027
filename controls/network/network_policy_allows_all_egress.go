package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NetworkPolicyAllowsAllEgress: a rule names what may be called.
var NetworkPolicyAllowsAllEgress = control.Control{
	ID: "network-policy-allows-all-egress", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Have no egress rule that lets pods reach everything",
	Scope: control.Objects,
	Kinds: networkPolicies,
	Require: &control.Func{
		Check: checkAllEgress, Text: "every egress rule must name its destinations in to, or its ports",
		Expr: func(c control.CEL) string {
			return egress.inForceCEL(c.At) + ".all(r, r.?to.orValue([]) != [] || " + limitsPortsCEL + ")"
		},
	},
	Risk:   "Calls to destinations that the new rule does not name no longer get through.",
	Fix:    control.Generate,
	NoFix:  "The rules that the pods need have to be made from what they call: kubeharden generate network-policies makes them.",
	Remedy: "Replace the rule by one for each destination that the pods call, DNS among them.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1041"},
		Source: []string{policyDocs, policyAPI},
	},
	Peers: control.Peers{Polaris: []string{"netpols/AllowAllEgressNetworkPolicyExists"}},
	Why: `A rule whose to is missing or empty matches every destination, and no other policy can take that back because policies only add up. Malware in
the pod then loads its tools, calls home, reads the metadata service of the cloud and carries off what it finds.`,
	Bad: []control.Change{
		{Path: "spec", Name: "empty rule", Value: map[string]any{"podSelector": map[string]any{}, "egress": []any{map[string]any{}}}},
		{Path: "spec.egress", Name: "empty to", Value: []any{map[string]any{"to": []any{}, "ports": []any{}}}},
		{Path: "spec.egress", Name: "all ports", Value: []any{map[string]any{"ports": []any{map[string]any{"protocol": "TCP"}}}}},
	},
	Good: []control.Change{
		{Path: "spec", Name: "deny", Value: map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Egress"}}},
		{Path: "spec", Name: "not in force", Value: map[string]any{"policyTypes": []any{"Ingress"}, "egress": []any{map[string]any{}}}},
		{Path: "spec.egress", Name: "one port", Value: []any{map[string]any{"ports": []any{map[string]any{"port": 53, "protocol": "UDP"}}}}},
	},
}

func checkAllEgress(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, rule := range egress.inForce(at).Items() {
		if rule.Get("to").Len() == 0 && !limitsPorts(rule) &&
			!fail(control.Violation{At: rule, Problem: "has neither to nor a port, so the pods can reach everything"}) {
			return
		}
	}
}
