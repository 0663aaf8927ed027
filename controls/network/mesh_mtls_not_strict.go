package network

import "github.com/kubeharden/kubeharden/control"

// MeshMTLSNotStrict: a PeerAuthentication asks for mutual TLS and nothing less.
var MeshMTLSNotStrict = control.Control{
	ID: "mesh-mtls-not-strict", Section: "service-mesh-mtls", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title:   "Set mutual TLS to STRICT in every PeerAuthentication",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Group: "security.istio.io", Kind: "PeerAuthentication"}},
	Require: control.Allow("spec.mtls.mode", "STRICT", "UNSET"),
	Risk:    "Clients outside of the mesh, and those that call in plain text, are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set spec.mtls.mode to STRICT once all clients of the workloads are in the mesh.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption, nsaMesh},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{peerDocs + "#PeerAuthentication-MutualTLS-Mode"},
	},
	Peers: control.Peers{Kyverno: []string{"istio/enforce-strict-mtls"}},
	Why: `PERMISSIVE takes plain text beside mutual TLS, and DISABLE takes nothing else: whoever sits on the way reads along, and whoever is in the network calls the
workload without an identity. PERMISSIVE is meant for the days of a migration.`,
}
