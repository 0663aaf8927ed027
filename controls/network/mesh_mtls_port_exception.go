package network

import (
	"iter"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// MeshMTLSPortException: no port is left out of mutual TLS.
var MeshMTLSPortException = control.Control{
	ID: "mesh-mtls-port-exception", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Except no port from mutual TLS",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "security.istio.io", Kind: "PeerAuthentication"}},
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for mode := range portExceptions(at) {
				if !fail(control.Violation{At: mode, Problem: "is " + control.Show(mode) + ", so the port takes plain text"}) {
					return
				}
			}
		},
		Text: "no port may have the mode PERMISSIVE or DISABLE",
		Expr: func(c control.CEL) string {
			return "(" + portLevelMTLS.CEL(c.At) + ".orValue({}).all(p, !(" + portLevelMTLS.CEL(c.At) + ".orValue({})[p].?mode.orValue('') in ['PERMISSIVE', 'DISABLE'])))"
		},
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for mode := range portExceptions(at) {
				out = append(out, control.Edit{Op: control.Set, At: mode, Value: "STRICT"})
			}
			return out
		},
	},
	Risk:    "Clients that call the port in plain text are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove the port from portLevelMtls, or set its mode to STRICT.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{peerDocs},
	},
	Why: `A port level setting beats those of the workload, the namespace and the mesh. One forgotten exception, for a probe or for a scraper that has long since
been in the mesh, takes plain text from everybody.`,
	Bad: []control.Change{
		{Path: "spec.portLevelMtls", Value: map[string]any{"8080": map[string]any{"mode": "DISABLE"}}, Name: "disable"},
		{Path: "spec.portLevelMtls", Value: map[string]any{"8080": map[string]any{"mode": "STRICT"}, "9090": map[string]any{"mode": "PERMISSIVE"}}, Name: "permissive"},
	},
	Good: []control.Change{
		{Path: "spec.portLevelMtls", Value: map[string]any{"8080": map[string]any{"mode": "UNSET"}}, Name: "unset"},
		{Path: "spec.portLevelMtls", Value: map[string]any{"8080": map[string]any{}}, Name: "no mode"},
	},
}

var portLevelMTLS = control.NewField("spec.portLevelMtls")

// portExceptions yields the modes of ports that take plain text.
func portExceptions(at tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		for key, port := range portLevelMTLS.Find(at).Pairs() {
			mode := port.Get("mode")
			if !key.Overridden() && (mode.StrIs("PERMISSIVE") || mode.StrIs("DISABLE")) && !yield(mode) {
				return
			}
		}
	}
}
