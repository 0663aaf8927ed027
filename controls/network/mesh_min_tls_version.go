package network

import "github.com/kubeharden/kubeharden/control"

// MeshMinTLSVersion: a mesh takes no TLS below 1.2.
var MeshMinTLSVersion = control.Control{
	ID: "mesh-min-tls-version", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Let meshes and their gateways take TLS 1.2 and newer only",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: "consul.hashicorp.com", Kind: "Mesh"}, {Group: "networking.istio.io", Kind: "Gateway"}},
	Require: control.All(
		control.FixTo(control.Not("spec.tls.incoming.tlsMinVersion", "TLSv1_0", "TLSv1_1"), "spec.tls.incoming.tlsMinVersion", "TLSv1_2"),
		control.FixTo(control.Not("spec.tls.outgoing.tlsMinVersion", "TLSv1_0", "TLSv1_1"), "spec.tls.outgoing.tlsMinVersion", "TLSv1_2"),
		control.Each("spec.servers", map[string]any{"hosts": []any{"shop.example.com"}, "port": map[string]any{"number": 443, "name": "https", "protocol": "HTTPS"}, "tls": map[string]any{"mode": "SIMPLE", "credentialName": "shop"}},
			control.FixTo(control.Not("tls.minProtocolVersion", "TLSV1_0", "TLSV1_1"), "tls.minProtocolVersion", "TLSV1_2")),
	),
	Risk:    "Clients that know TLS 1.0 and 1.1 only cannot connect any more.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set the minimum version to TLS 1.2 or 1.3.",
	Refs: control.Refs{
		NSA:   []string{nsaEncryption, nsaMesh},
		MITRE: []string{"T1040", "T1557"},
		Source: []string{
			"https://developer.hashicorp.com/consul/docs/reference/config-entry/mesh",
			"https://istio.io/latest/docs/reference/config/networking/gateway/#ServerTLSSettings-TLSProtocol",
			"https://datatracker.ietf.org/doc/html/rfc8996",
		},
	},
	Peers: control.Peers{Kyverno: []string{"consul/enforce-min-tls-version"}},
	Why: `TLS 1.0 and 1.1 are withdrawn (RFC 8996): they rest on SHA-1 and on ciphers that can be attacked. Istio between its proxies and Envoy from 1.22 on take
1.2 at least unless a setting lowers it.`,
}
