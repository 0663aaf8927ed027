package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverKubeletClientCertMissing: kubelets have to know who asks.
var ApiserverKubeletClientCertMissing = control.Control{
	ID: "apiserver-kubelet-client-cert-missing", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Let the API server present a client certificate to kubelets",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Given:    kubeadmGiven,
		Settings: []control.Setting{kubeadmFile("kubelet-client-certificate", "apiserver-kubelet-client.crt"), kubeadmFile("kubelet-client-key", "apiserver-kubelet-client.key")},
	},
	Risk:     "If the file is not there the API server does not start; if the kubelets do not trust it, logs and exec fail.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy: `Start the API server with --kubelet-client-certificate and --kubelet-client-key, a pair that the client CA of the kubelets signed and
that RBAC gives system:kubelet-api-admin.`,
	Refs: control.Refs{
		CIS:    []string{"1.2.4"},
		NSA:    []string{nsaControlPlane, nsaEncryption},
		MITRE:  []string{"T1557"},
		Source: []string{apiServerDocs, pkiDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0116"},
		Trivy:     []string{"KCV-0005"},
		Checkov:   []string{"CKV_K8S_72"},
		KubeBench: []string{"1.2.4"},
	},
	Why: `Without a certificate the API server comes to a kubelet as nobody. Logs, exec and port-forward then work only if kubelets serve
anonymous requests, so that everybody who reaches port 10250 can do the same.`,
}
