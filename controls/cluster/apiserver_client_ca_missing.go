package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverClientCaMissing: components authenticate with certificates.
var ApiserverClientCaMissing = control.Control{
	ID: "apiserver-client-ca-missing", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Set the CA of client certificates of the API server",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Given:    kubeadmGiven,
		Settings: []control.Setting{kubeadmFile("client-ca-file", "ca.crt")},
	},
	Risk:     "Every certificate that this CA has signed is a user from then on.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --client-ca-file.",
	Refs: control.Refs{
		CIS:    []string{"1.2.25"},
		NSA:    []string{nsaAuth},
		MITRE:  []string{"T1190"},
		Source: []string{authnDocs + "#x509-client-certificates", pkiDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0139"},
		Trivy:     []string{"KCV-0028"},
		KubeBench: []string{"1.2.25"},
	},
	Why: `Without the CA no client certificate is taken: kubelets, the scheduler and the controller manager have to use tokens that somebody
distributes and that never change, or come as nobody.`,
}
