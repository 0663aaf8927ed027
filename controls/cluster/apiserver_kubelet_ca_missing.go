package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverKubeletCaMissing: a kubelet has to prove that it is one.
var ApiserverKubeletCaMissing = control.Control{
	ID: "apiserver-kubelet-ca-missing", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:   "Verify the serving certificates of kubelets from the API server",
	Scope:   control.Everything,
	Kinds:   componentKinds(),
	Require: apiServer(control.FlagGiven("kubelet-certificate-authority", "/etc/kubernetes/pki/ca.crt")),
	Risk:    "Logs, exec, port-forward and metrics fail on every node whose kubelet still has a certificate that it signed itself.",
	Fix:     control.Advice,
	NoFix: `With the certificates that kubelets sign themselves, the default of kubeadm, logs and exec would fail on every node; serving
certificates have to come first.`,
	NoPolicy: noPolicyForComponents,
	Remedy: `Let kubelets request serving certificates (serverTLSBootstrap: true), approve the requests, and only then start the API server with
--kubelet-certificate-authority.`,
	Refs: control.Refs{
		CIS:    []string{"1.2.5"},
		NSA:    []string{nsaControlPlane, nsaEncryption},
		MITRE:  []string{"T1557"},
		Source: []string{apiServerDocs, "https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/#kubelet-serving-certs"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0117"},
		Trivy:     []string{"KCV-0006"},
		Checkov:   []string{"CKV_K8S_73"},
		KubeBench: []string{"1.2.5"},
	},
	Why: `Without a CA the API server takes any certificate: whoever gets between it and a node reads logs, and the input and output of every
exec, and can answer in the place of the kubelet.`,
}
