package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletWeakTLSCiphers: what is recorded today stays secret.
var KubeletWeakTLSCiphers = control.Control{
	ID: "kubelet-weak-tls-ciphers", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Allow only strong ciphers on the kubelet",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{strongSuites()}},
	Risk:     "Clients that know only the old suites cannot connect any more.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Take the weak suites out of tlsCipherSuites, or leave the field out.",
	Refs: control.Refs{
		CIS:    []string{"4.2.12"},
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1557"},
		Source: []string{kubeletAPI, kubeletFlagDocs, "https://pkg.go.dev/crypto/tls#InsecureCipherSuites"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0184"},
		Trivy:     []string{"KCV-0092"},
		Checkov:   []string{"CKV_K8S_151"},
		KubeBench: []string{"4.2.12"},
	},
	Why: `Suites without forward secrecy give recorded traffic away with the key; RC4 and 3DES are broken. Kubernetes warns of each when it starts.
Without a list the kubelet chooses as the Go library does: well from Kubernetes 1.32 on, with 3DES before.`,
	Examples: []control.Example{
		fails("weak", kubeletFile("tlsCipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_RSA_WITH_RC4_128_SHA]"), "tlsCipherSuites"),
		passes("strong", kubeletFile("tlsCipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]")),
		passes("the default", kubeletFile("cgroupDriver: systemd")),
	},
}
