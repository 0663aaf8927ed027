package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// GatewayAllowedRoutesTooOpen: a shared Gateway knows whose routes it takes.
var GatewayAllowedRoutesTooOpen = control.Control{
	ID: "gateway-allowed-routes-too-open", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Do not accept routes from all namespaces on a Gateway",
	Scope: control.Objects,
	Kinds: gateways,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, l := range listeners.Find(at).Items() {
				namespaces := l.Get("allowedRoutes").Get("namespaces")
				from, selector := namespaces.Get("from"), namespaces.Get("selector")
				v := control.Violation{At: from, Problem: "is All, so every namespace can attach routes"}
				if from.StrIs("Selector") && isEverything(selector) {
					v = control.Violation{At: selector, Problem: "is empty, so every namespace can attach routes"}
				} else if !from.StrIs("All") {
					continue
				}
				if !fail(v) {
					return
				}
			}
		},
		Text: "allowedRoutes.namespaces.from of a listener must not be All, and its selector must not be empty",
		Expr: func(c control.CEL) string {
			from := "l.?allowedRoutes.?namespaces.?from.orValue('')"
			return listeners.CEL(c.At) + ".orValue([]).all(l, " + from + " != 'All' && !(" + from + " == 'Selector' && " +
				isEverythingCEL("l.?allowedRoutes.?namespaces.?selector") + "))"
		},
	},
	Risk:   "Routes of namespaces that the selector does not match are detached from the Gateway.",
	Fix:    control.Advice,
	NoFix:  "Which namespaces have routes of their own, the Gateway does not say.",
	Remedy: "Set allowedRoutes.namespaces.from to Selector with a label that only administrators can give to a namespace, or to Same.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1557"},
		Source: []string{"https://gateway-api.sigs.k8s.io/guides/multiple-ns/", gatewayDocs},
	},
	Why: `With from: All whoever may make an HTTPRoute in any namespace puts it on the shared Gateway, for a host or a more exact path of another team. The
requests, with their cookies and passwords, then go to his pods, under the certificate that users trust.`,
	Bad: []control.Change{
		{Path: "spec.listeners", Name: "all", Value: []any{listenerFor(map[string]any{"from": "All"})}},
		{Path: "spec.listeners", Name: "empty selector", Value: []any{listenerFor(map[string]any{"from": "Selector", "selector": map[string]any{}})}},
	},
	Good: []control.Change{
		{Path: "spec.listeners", Name: "same", Value: []any{listenerFor(map[string]any{"from": "Same"})}},
		{Path: "spec.listeners", Name: "selector", Value: []any{listenerFor(map[string]any{
			"from": "Selector", "selector": map[string]any{"matchLabels": map[string]any{"shared-gateway": "true"}},
		})}},
	},
}

func listenerFor(namespaces map[string]any) map[string]any {
	l := httpsListener("shop.example.com")
	l["allowedRoutes"] = map[string]any{"namespaces": namespaces}
	return l
}
