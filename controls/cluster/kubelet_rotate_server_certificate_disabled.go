package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletRotateServerCertificateDisabled: the serving certificate is renewed before it ends.
var KubeletRotateServerCertificateDisabled = control.Control{
	ID: "kubelet-rotate-server-certificate-disabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Rotate kubelet serving certificates",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.GateKept("RotateKubeletServerCertificate", true), control.FlagIs("rotate-server-certificates", true)}, Unless: func(i *component.Instance) bool { return i.Flag("tls-cert-file").Set }},
	Risk:     "Somebody has to approve the certificate signing requests of the kubelets, or the API server does not reach them any more.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Install something that approves the requests of kubelets, then set serverTLSBootstrap: true, and leave the feature gate RotateKubeletServerCertificate on.",
	Refs: control.Refs{
		CIS:    []string{"4.2.11"},
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletTLSDocs, kubeadmCertificates},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0183"},
		Trivy:     []string{"KCV-0091"},
		KubeBench: []string{"4.2.11"},
	},
	Why: `With the setting the kubelet asks the API server for its serving certificate and for the next before it ends. Kubelets that are given certificates as
files are not asked for this: who issues them renews them.`,
	Examples: []control.Example{
		fails("gate off", kubeletFile("serverTLSBootstrap: true", "featureGates: {RotateKubeletServerCertificate: false}"), "featureGates.RotateKubeletServerCertificate"),
		fails("off", kubeletFile("serverTLSBootstrap: false"), "serverTLSBootstrap"),
		passes("on", kubeletFile("serverTLSBootstrap: true")),
		passes("files", kubeletFile("tlsCertFile: /a.crt", "tlsPrivateKeyFile: /a.key")),
	},
}
