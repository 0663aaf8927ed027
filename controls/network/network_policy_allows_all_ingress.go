package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NetworkPolicyAllowsAllIngress: a rule names who may come in.
var NetworkPolicyAllowsAllIngress = control.Control{
	ID: "network-policy-allows-all-ingress", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Have no ingress rule that admits every source",
	Scope: control.Objects,
	Kinds: networkPolicies,
	Require: &control.Func{
		Check: checkAllIngress, Text: "every ingress rule must name its sources in from",
		Expr: func(c control.CEL) string { return ingress.inForceCEL(c.At) + ".all(r, r.?from.orValue([]) != [])" },
	},
	Risk:   "Sources that the new rule does not name are cut off.",
	Fix:    control.Advice,
	NoFix:  "Who has to reach the pods, only a person can say.",
	Remedy: "Name the sources in from: pods, namespaces by kubernetes.io/metadata.name, or for traffic from outside the addresses of the load balancer.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyDocs, policyAPI},
	},
	Peers: control.Peers{Polaris: []string{"netpols/AllowAllIngressNetworkPolicyExists"}},
	Why: `A rule whose from is missing or empty matches every source, in the cluster and outside of it, and no other policy can take that back because
policies only add up. A single such rule undoes the default deny: an attacker in any pod of any tenant reaches the pods.`,
	Bad: []control.Change{
		{Path: "spec", Name: "empty rule", Value: map[string]any{"podSelector": map[string]any{}, "ingress": []any{map[string]any{}}}},
		{Path: "spec.ingress", Name: "no from", Value: []any{map[string]any{"ports": []any{map[string]any{"port": 80}}}}},
		{Path: "spec.ingress", Name: "empty from", Value: []any{map[string]any{"from": []any{}}}},
	},
	Good: []control.Change{
		{Path: "spec", Name: "deny", Value: map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Ingress"}}},
		{Path: "spec", Name: "not in force", Value: map[string]any{"policyTypes": []any{"Egress"}, "ingress": []any{map[string]any{}}}},
	},
}

func checkAllIngress(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, rule := range ingress.inForce(at).Items() {
		if rule.Get("from").Len() > 0 {
			continue
		}
		problem := "has no from, so it admits every source"
		if limitsPorts(rule) {
			problem += " on its ports"
		}
		if !fail(control.Violation{At: rule, Problem: problem}) {
			return
		}
	}
}
