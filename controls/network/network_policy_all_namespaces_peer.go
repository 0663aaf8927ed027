package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NetworkPolicyAllNamespacesPeer: a peer is in a namespace that is named.
var NetworkPolicyAllNamespacesPeer = control.Control{
	ID: "network-policy-all-namespaces-peer", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Name the namespaces of peers by kubernetes.io/metadata.name instead of all of them",
	Scope: control.Objects,
	Kinds: networkPolicies,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			eachPeers(at, func(_ *flow, _, peers tree.Node) bool {
				for _, p := range peers.Items() {
					selector := p.Get("namespaceSelector")
					if !isEverything(selector) {
						continue
					}
					problem := "selects all namespaces"
					if isSet(p, "podSelector") && !isEverything(p.Get("podSelector")) {
						problem += ", in any of which somebody can give a pod the labels of podSelector"
					}
					if !fail(control.Violation{At: selector, Problem: problem}) {
						return false
					}
				}
				return true
			})
		},
		Text: "the namespaceSelector of a peer must not be empty",
		Expr: func(c control.CEL) string { return allPeersCEL(c.At, "!"+isEverythingCEL("p.?namespaceSelector")) },
	},
	Risk:   "Pods of the namespaces that the selector no longer matches are cut off.",
	Fix:    control.Advice,
	NoFix:  "Which namespaces have to be reached, only a person can say.",
	Remedy: "Select the namespaces by the label kubernetes.io/metadata.name, such as kube-system for DNS.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyAPI, "https://kubernetes.io/docs/concepts/services-networking/network-policies/#targeting-a-namespace-by-its-name"},
	},
	Why: `An empty namespaceSelector matches every namespace, those of other tenants and those that are made tomorrow. Beside a podSelector it protects
little: in a namespace of his own an attacker gives his pod whatever labels the rule asks for.`,
	Bad: []control.Change{
		{Path: "spec.ingress", Name: "empty", Value: []any{map[string]any{"from": []any{map[string]any{"namespaceSelector": map[string]any{}}}}}},
		{Path: "spec.egress", Name: "with pods", Value: []any{map[string]any{"to": []any{map[string]any{
			"namespaceSelector": map[string]any{"matchLabels": map[string]any{}}, "podSelector": map[string]any{"matchLabels": map[string]any{"k8s-app": "kube-dns"}},
		}}}}},
	},
	Good: []control.Change{
		{Path: "spec.ingress", Name: "by label", Value: []any{map[string]any{"from": []any{peer("namespaceSelector", "alice")}}}},
		{Path: "spec.ingress", Name: "own namespace", Value: []any{map[string]any{"from": []any{map[string]any{"podSelector": map[string]any{}}}}}},
	},
}
