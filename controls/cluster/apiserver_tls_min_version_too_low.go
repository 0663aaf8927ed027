package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverTlsMinVersionTooLow: TLS 1.0 and 1.1 are broken.
var ApiserverTlsMinVersionTooLow = control.Control{
	ID: "apiserver-tls-min-version-too-low", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Require TLS 1.2 or newer on the API server",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(alsoGood(control.FlagOneOf("tls-min-version", "VersionTLS11", "VersionTLS12", "VersionTLS13", ""), []string{})),
	Risk:     "Clients that know no TLS 1.2 cannot connect.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --tls-min-version=VersionTLS12, VersionTLS13, or without the flag.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{apiServerDocs, "https://www.rfc-editor.org/rfc/rfc8996"},
	},
	Peers: control.Peers{
		Other: []string{"stig:V-242378 (kube-bench eks-stig variant)"},
	},
	Why: `TLS 1.0 and 1.1 hash with MD5 and SHA-1 and have no suites that authenticate what they encrypt. Without the flag the API server takes
TLS 1.2 and newer, so that a lower version is always something that somebody has set.`,
}
