package network

import (
	"iter"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// MeshPortsExcluded: all traffic of a pod goes through its proxy.
var MeshPortsExcluded = control.Control{
	ID: "mesh-ports-excluded", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Do not lead ports or addresses around the proxy of the mesh",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
			for value := range meshBypasses(s) {
				if !fail(control.Violation{At: value, Problem: "is " + control.Show(value) + ": that traffic goes around the proxy"}) {
					return
				}
			}
		},
		Text: "no annotation may lead traffic around the proxy",
		Expr: func(c control.CEL) string {
			get := func(key string) string { return c.Metadata + ".?annotations[?" + control.Quote(key) + "]" }
			var out []string
			for _, key := range bypassAnnotations {
				out = append(out, get(key)+".orValue('') == ''")
			}
			for _, key := range captureAnnotations {
				out = append(out, get(key)+".orValue('*') == '*'")
			}
			return "(" + strings.Join(out, " && ") + ")"
		},
		Fix: func(s *control.Subject, _ tree.Node, out []control.Edit) []control.Edit {
			for value := range meshBypasses(s) {
				out = append(out, control.Edit{Op: control.Remove, At: value})
			}
			return out
		},
	},
	Risk:    "Protocols that the proxy does not understand may stop: databases where the server speaks first, for one.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove the annotation. If the proxy cannot read a protocol, declare the port as TCP in the Service, or as opaque in Linkerd.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{"https://istio.io/latest/docs/reference/config/annotations/", linkerdDocs},
	},
	Peers: control.Peers{Kyverno: []string{"linkerd/prevent-linkerd-port-skipping"}},
	Why: `What goes around the proxy is neither encrypted nor authenticated, and no policy of the mesh holds it up. On the way in such a port is open to everybody in
the network; on the way out such an address can be called without anybody seeing it.`,
	Bad: []control.Change{
		{Base: control.OnMetadata, Path: `annotations["traffic.sidecar.istio.io/excludeInboundPorts"]`, Value: "8080"},
		{Base: control.OnMetadata, Path: `annotations["traffic.sidecar.istio.io/includeOutboundIPRanges"]`, Value: "10.0.0.0/8"},
		{Base: control.OnMetadata, Path: `annotations["config.linkerd.io/skip-outbound-ports"]`, Value: "3306"},
	},
	Good: []control.Change{
		{Base: control.OnMetadata, Path: `annotations["traffic.sidecar.istio.io/includeInboundPorts"]`, Value: "*", Name: "all of them"},
		{Base: control.OnMetadata, Path: `annotations["traffic.sidecar.istio.io/excludeInboundPorts"]`, Value: "", Name: "none of them"},
	},
}

var (
	// bypassAnnotations lead around the proxy what they name.
	bypassAnnotations = []string{
		"traffic.sidecar.istio.io/excludeInboundPorts", "traffic.sidecar.istio.io/excludeOutboundPorts",
		"traffic.sidecar.istio.io/excludeOutboundIPRanges", "traffic.sidecar.istio.io/excludeInterfaces",
		"config.linkerd.io/skip-inbound-ports", "config.linkerd.io/skip-outbound-ports", "config.linkerd.io/skip-subnets",
	}
	// captureAnnotations lead around the proxy what they do not name.
	captureAnnotations = []string{"traffic.sidecar.istio.io/includeInboundPorts", "traffic.sidecar.istio.io/includeOutboundIPRanges"}
)

func meshBypasses(s *control.Subject) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		for key, value := range metadataTexts(s, "annotations") {
			bypass := slices.Contains(bypassAnnotations, key) && value.Text() != "" && !value.IsNull() ||
				slices.Contains(captureAnnotations, key) && value.Text() != "*" && !value.IsNull()
			if bypass && !yield(value) {
				return
			}
		}
	}
}
