package network

import (
	"iter"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// MeshDestinationRuleTLSDisabled: clients of the mesh use its TLS.
var MeshDestinationRuleTLSDisabled = control.Control{
	ID: "mesh-destination-rule-tls-disabled", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Do not switch the TLS of clients off in a DestinationRule",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "networking.istio.io", Kind: "DestinationRule"}},
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for mode := range clientTLSModes(at) {
				if mode.StrIs("DISABLE") && !fail(control.Violation{At: mode, Problem: "is DISABLE, so clients call in plain text"}) {
					return
				}
			}
		},
		Text: "no trafficPolicy may have the TLS mode DISABLE",
		Expr: func(c control.CEL) string {
			off := func(policy string) string {
				return "(" + policy + ".?tls.?mode.orValue('') == 'DISABLE' || " + policy + ".?portLevelSettings.orValue([]).exists(p, p.?tls.?mode.orValue('') == 'DISABLE'))"
			}
			return "(!" + off(c.At+".?spec.?trafficPolicy") + " && !" + c.At + ".?spec.?subsets.orValue([]).exists(s, " + off("s.?trafficPolicy") + "))"
		},
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for mode := range clientTLSModes(at) {
				if mode.StrIs("DISABLE") {
					out = append(out, control.Edit{Op: control.Set, At: mode, Value: "ISTIO_MUTUAL"})
				}
			}
			return out
		},
	},
	Risk:    "Servers that are not in the mesh cannot be called any more.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove the tls setting, so that the proxy chooses by itself, or set the mode ISTIO_MUTUAL.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{"https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings-TLSmode"},
	},
	Peers: control.Peers{Kyverno: []string{"istio/enforce-tls-hosts-host-subnets"}},
	Why: `A DestinationRule decides for the clients, whatever the server would take: with DISABLE they send plain text. If the server is strict the calls break; if it is
permissive they work, unencrypted, and nobody notices.`,
	Bad: []control.Change{
		{Path: "spec.trafficPolicy.tls.mode", Value: "DISABLE"},
		{Path: "spec.trafficPolicy.portLevelSettings", Value: []any{map[string]any{"port": map[string]any{"number": 80}, "tls": map[string]any{"mode": "DISABLE"}}}},
		{Path: "spec.subsets", Value: []any{map[string]any{"name": "v1", "trafficPolicy": map[string]any{"tls": map[string]any{"mode": "DISABLE"}}}}},
	},
	Good: []control.Change{
		{Path: "spec.trafficPolicy", Name: "missing"},
		{Path: "spec.trafficPolicy.tls.mode", Value: "SIMPLE", Name: "TLS to a server outside"},
	},
}

// clientTLSModes yields the TLS modes of a DestinationRule: for all, for ports, for subsets.
func clientTLSModes(at tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		spec := at.Get("spec")
		policy := func(p tree.Node) bool {
			if !yield(p.Get("tls").Get("mode")) {
				return false
			}
			for _, port := range p.Get("portLevelSettings").Items() {
				if !yield(port.Get("tls").Get("mode")) {
					return false
				}
			}
			return true
		}
		if !policy(spec.Get("trafficPolicy")) {
			return
		}
		for _, subset := range spec.Get("subsets").Items() {
			if !policy(subset.Get("trafficPolicy")) {
				return
			}
		}
	}
}
