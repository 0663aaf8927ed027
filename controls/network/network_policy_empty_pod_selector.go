package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NetworkPolicyEmptyPodSelector: what is allowed is allowed for some pods.
var NetworkPolicyEmptyPodSelector = control.Control{
	ID: "network-policy-empty-pod-selector", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title: "Allow traffic for named pods instead of the whole namespace",
	Scope: control.Objects,
	Kinds: networkPolicies,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			selector := podSelector.Find(at)
			if selector.Len() > 0 && !isEverything(selector) || ingress.inForce(at).Len() == 0 && egress.inForce(at).Len() == 0 {
				return
			}
			fail(podSelector.Violation(at, "selects all pods of the namespace, and the policy allows traffic"))
		},
		Text: "spec.podSelector must select some of the pods where the policy has rules that allow traffic",
		Expr: func(c control.CEL) string {
			selector := podSelector.CEL(c.At)
			return "(" + selector + ".?matchLabels.orValue({}) != {} || " + selector + ".?matchExpressions.orValue([]) != [] || " +
				ingress.inForceCEL(c.At) + " == [] && " + egress.inForceCEL(c.At) + " == [])"
		},
	},
	Risk:   "Pods that the selector no longer matches lose what the rule allowed.",
	Fix:    control.Advice,
	NoFix:  "Which pods need the traffic, only a person can say.",
	Remedy: "Select the pods that need the traffic by their labels, such as those in the selector of their Service, and keep podSelector: {} for policies that deny.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{policyDocs, policyAPI},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0038"},
		Kyverno: []string{"other/restrict-networkpolicy-empty-podselector"},
	},
	Why: `An empty podSelector selects every pod of the namespace, so what one of them needs is allowed for all, and for those that come later. The port
that was opened for the web server then leads to the database beside it as well.`,
	Bad: []control.Change{
		{Path: "spec.podSelector", Name: "empty", Value: map[string]any{}},
		{Path: "spec.podSelector", Name: "no labels", Value: map[string]any{"matchLabels": map[string]any{}}},
		{Path: "spec.podSelector", Name: "missing"},
	},
	Good: []control.Change{
		{Path: "spec", Name: "default deny", Value: map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"}}},
		{Path: "spec", Name: "rules not in force", Value: map[string]any{"policyTypes": []any{"Egress"}, "ingress": []any{map[string]any{}}}},
	},
}

var podSelector = control.NewField("spec.podSelector")
