package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletClientCAMissing: the kubelet knows the API server by its certificate.
var KubeletClientCAMissing = control.Control{
	ID: "kubelet-client-ca-missing", Section: "kubelet", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Set the client CA of the kubelet",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagGiven("client-ca-file", "/etc/kubernetes/pki/ca.crt")}},
	Risk:     "None.",
	Fix:      control.Advice,
	NoFix:    noFixForFiles,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set authentication.x509.clientCAFile in the kubelet's configuration file to the authority of the cluster, on kubeadm /etc/kubernetes/pki/ca.crt.",
	Refs: control.Refs{
		CIS:    []string{"4.2.3"},
		NSA:    []string{"Authentication", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletAuthDocs, kubeletAPI},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0070", "C-0174"},
		Trivy:     []string{"KCV-0081"},
		Checkov:   []string{"CKV_K8S_140"},
		KubeBench: []string{"4.2.3"},
	},
	Why: `Without it the kubelet verifies no client certificate, that of the API server neither: logs and exec work only where anonymous requests may do
everything.`,
	Examples: []control.Example{
		fails("not given", kubeletFile("authentication: {x509: {}}"), ""),
		passes("given", kubeletFile("authentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}")),
	},
}
