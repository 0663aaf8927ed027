package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverTlsCertMissing: a certificate that nobody can verify.
var ApiserverTlsCertMissing = control.Control{
	ID: "apiserver-tls-cert-missing", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Serve the API with a certificate that clients can verify",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Given:    kubeadmGiven,
		Settings: []control.Setting{kubeadmFile("tls-cert-file", "apiserver.crt"), kubeadmFile("tls-private-key-file", "apiserver.key")},
	},
	Risk:     "Clients that know the old certificate only refuse the new one.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --tls-cert-file and --tls-private-key-file.",
	Refs: control.Refs{
		CIS:    []string{"1.2.24"},
		NSA:    []string{nsaEncryption},
		MITRE:  []string{"T1040", "T1557"},
		Source: []string{apiServerDocs, pkiDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0138"},
		Trivy:     []string{"KCV-0027"},
		Checkov:   []string{"CKV_K8S_100"},
		KubeBench: []string{"1.2.24"},
	},
	Why: `Without a certificate the API server signs one itself. No client can tell it from the certificate of somebody in between, so clients
end up with verification off and hand their tokens to whoever answers.`,
}
