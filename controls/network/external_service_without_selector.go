package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ExternalServiceWithoutSelector: who comes from outside gets to pods, not to an address that somebody wrote down.
var ExternalServiceWithoutSelector = control.Control{
	ID: "external-service-without-selector", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title: "Give Services that are reached from outside a selector",
	Scope: control.Objects,
	Kinds: services,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			kind := serviceType.Find(at)
			if (kind.StrIs("LoadBalancer") || kind.StrIs("NodePort") || externalIPs.Find(at).Len() > 0) && serviceSelector.Find(at).Len() == 0 {
				fail(serviceSelector.Violation(at, "is missing, so the Service leads to whatever addresses its endpoints are given"))
			}
		},
		Text: "a Service of type LoadBalancer or NodePort, or with externalIPs, must have a selector",
		Expr: func(c control.CEL) string {
			return "(!(" + serviceType.CEL(c.At) + ".orValue('') in ['LoadBalancer', 'NodePort'] || " + externalIPs.CEL(c.At) + ".orValue([]) != []) || " +
				serviceSelector.CEL(c.At) + ".orValue({}) != {})"
		},
	},
	Risk:   "With a selector Kubernetes writes the endpoints itself, and what was written by hand is lost.",
	Fix:    control.Advice,
	NoFix:  "Which pods are meant, or why there are none, only a person can say.",
	Remedy: "Set spec.selector to the labels of the pods, or look through the EndpointSlices of the Service and who may change them.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1557"},
		Source: []string{serviceDocs + "#services-without-selectors", "https://github.com/kubernetes/kubernetes/issues/103675"},
	},
	Peers: control.Peers{Other: []string{"terrascan:AC_K8S_0114"}},
	Why: `Without a selector the endpoints are written by hand, and they may have the address of any pod of any namespace. Who may edit them leads traffic from
outside past network policies that trust the load balancer to pods of others (CVE-2021-25740).`,
	Bad: []control.Change{
		{Path: "spec", Name: "LoadBalancer", Value: map[string]any{"type": "LoadBalancer"}},
		{Path: "spec", Name: "NodePort", Value: map[string]any{"type": "NodePort", "selector": map[string]any{}}},
		{Path: "spec", Name: "externalIPs", Value: map[string]any{"externalIPs": []any{"192.0.2.1"}}},
	},
	Good: []control.Change{
		{Path: "spec", Name: "inside", Value: map[string]any{"type": "ClusterIP"}},
		{Path: "spec", Name: "name", Value: map[string]any{"type": "ExternalName", "externalName": "db.example.com"}},
		{Path: "spec.type", Value: "LoadBalancer"},
	},
}

var serviceSelector = control.NewField("spec.selector")
