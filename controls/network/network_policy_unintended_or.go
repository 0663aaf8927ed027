package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NetworkPolicyUnintendedOr: one dash more makes an and into an or.
var NetworkPolicyUnintendedOr = control.Control{
	ID: "network-policy-unintended-or", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Do not split pods and their namespace into two peers where one was meant",
	Scope: control.Objects,
	Kinds: networkPolicies,
	Require: &control.Func{
		Check: checkUnintendedOr, Text: "a peer with only a namespaceSelector must not stand directly beside a peer with only a podSelector",
	},
	Risk:     "Merged, the rule no longer lets in the other pods of the namespace, nor the pods of the policy's own namespace.",
	Fix:      control.Advice,
	NoFix:    "Whether both at once or one of the two was meant, only a person can say.",
	Remedy:   "Put podSelector and namespaceSelector into one item of the list, or into two rules if either is enough.",
	NoPolicy: "The admission policy would refuse the rules that mean what they say.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{"https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors", policyAPI},
	},
	Why: `The items of from and to are alternatives, only the selectors inside of one item have to match together. With a dash too many, "the client pods
of the namespace alice" becomes "all pods of alice, and the client pods of my own namespace", and every pod of alice gets in.`,
	Bad: []control.Change{
		{Path: "spec.ingress", Name: "namespace first", Value: []any{map[string]any{"from": []any{peer("namespaceSelector", "alice"), peer("podSelector", "client")}}}},
		{Path: "spec.egress", Name: "pods first", Value: []any{map[string]any{"to": []any{peer("podSelector", "dns"), map[string]any{"namespaceSelector": map[string]any{}}}}}},
	},
	Good: []control.Change{
		{Path: "spec.ingress", Name: "and", Value: []any{map[string]any{"from": []any{map[string]any{
			"namespaceSelector": map[string]any{"matchLabels": map[string]any{"name": "alice"}},
			"podSelector":       map[string]any{"matchLabels": map[string]any{"app": "client"}},
		}}}}},
		{Path: "spec.ingress", Name: "all of its own", Value: []any{map[string]any{"from": []any{peer("namespaceSelector", "alice"), map[string]any{"podSelector": map[string]any{}}}}}},
		{Path: "spec.ingress", Name: "two rules", Value: []any{
			map[string]any{"from": []any{peer("namespaceSelector", "alice")}}, map[string]any{"from": []any{peer("podSelector", "client")}},
		}},
	},
}

// peer is a peer that selects by one label.
func peer(selector, name string) map[string]any {
	return map[string]any{selector: map[string]any{"matchLabels": map[string]any{"name": name}}}
}

func checkUnintendedOr(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	eachPeers(at, func(_ *flow, _, peers tree.Node) bool {
		var last tree.Node
		for _, p := range peers.Items() {
			if isHalf(last, "namespaceSelector", "podSelector") && isHalf(p, "podSelector", "namespaceSelector") ||
				isHalf(last, "podSelector", "namespaceSelector") && isHalf(p, "namespaceSelector", "podSelector") {
				if !fail(control.Violation{At: p, Problem: unintendedOr(p)}) {
					return false
				}
				last = tree.Node{} // an item is half of one pair only
				continue
			}
			last = p
		}
		return true
	})
}

// isHalf reports whether a peer has only one of the two selectors. All pods of the own namespace are no half of anything: merged they
// would change nothing.
func isHalf(p tree.Node, has, lacks string) bool {
	return isSet(p, has) && !isSet(p, lacks) && (has != "podSelector" || !isEverything(p.Get(has)))
}

func unintendedOr(second tree.Node) string {
	meaning := "all pods of the namespaces of one item, or the pods of the other item in the namespace of the policy"
	if isSet(second, "podSelector") {
		return "stands beside a namespaceSelector, which means or: " + meaning
	}
	return "stands beside a podSelector, which means or: " + meaning
}
