package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletServingCertMissing: the API server can tell that it is the node.
var KubeletServingCertMissing = control.Control{
	ID: "kubelet-serving-cert-missing", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:      "Serve the kubelet with a CA-signed certificate",
	Scope:      control.Everything,
	Kinds:      componentKinds(),
	Require:    &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{kubeletCertificate()}},
	Suppresses: []string{"kubelet-rotate-server-certificate-disabled"},
	Risk:       "With serverTLSBootstrap, kubectl logs, exec and metrics of the node fail until somebody approves its certificate signing request, and again at each renewal.",
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	NoPolicy:   noPolicyForNodes,
	Remedy:     "Install something that approves the requests of kubelets, then set serverTLSBootstrap: true; or issue certificates and set tlsCertFile and tlsPrivateKeyFile.",
	Refs: control.Refs{
		CIS:    []string{"4.2.9"},
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1557"},
		Source: []string{kubeadmCertificates, kubeletTLSDocs, kubeletAPI},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0181"},
		Trivy:     []string{"KCV-0088", "KCV-0089"},
		Checkov:   []string{"CKV_K8S_148"},
		KubeBench: []string{"4.2.9"},
	},
	Why: `Without one the kubelet signs its certificate itself. Nobody can verify it: who gets in between reads the logs and commands that the API server sends
to the node, and metrics are scraped with verification off.`,
	Examples: []control.Example{
		fails("self-signed", kubeletFile("serverTLSBootstrap: false"), "serverTLSBootstrap"),
		fails("not given", kubeletFile("cgroupDriver: systemd"), ""),
		fails("half", kubeletFile("tlsCertFile: /a.crt"), ""),
		fails("switched off by the gate", kubeletFile("serverTLSBootstrap: true", "featureGates: {RotateKubeletServerCertificate: false}"), "serverTLSBootstrap"),
		passes("requested", kubeletFile("serverTLSBootstrap: true")),
		passes("files", kubeletFile("tlsCertFile: /a.crt", "tlsPrivateKeyFile: /a.key")),
	},
}

// kubeletCertificate requires a certificate that somebody signed: requested from the API server, or given as files.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/kubelet/kubelet.go (NewMainKubelet)
func kubeletCertificate() control.Setting {
	const flag, name = "rotate-server-certificates", "RotateKubeletServerCertificate"
	s := control.FlagIs(flag, true)
	s.Name, s.Wanted = "serverTLSBootstrap", "must be true, or tlsCertFile and tlsPrivateKeyFile must be given"
	s.Value = func(i *component.Instance) component.Value {
		cert, key, gate := i.Flag("tls-cert-file"), i.Flag("tls-private-key-file"), i.FeatureGate(name)
		v := i.Flag(flag)
		switch {
		case cert.Known && cert.Text != "" && key.Known && key.Text != "":
			v.Known, v.Text = true, "true"
		case v.IsTrue() && gate.IsFalse():
			v.Text = "without effect, because the feature gate " + name + " is off"
		case v.IsTrue() && !gate.Known && !gate.Absent:
			return gate
		case !v.IsTrue() && !cert.Known:
			return cert
		case !v.IsTrue() && !key.Known:
			return key
		case v.IsFalse() && !v.Set && i.Flag("cert-dir").Set:
			// The kubelet signs a certificate itself only if there is none in that folder; MicroK8s puts one there that its CA has signed.
			// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubelet/app/server.go (InitializeTLS)
			dir := i.Flag("cert-dir")
			return component.Value{Reason: "whether somebody has put kubelet.crt and kubelet.key into " + dir.Text + " is not known", Place: dir.Place, Set: true}
		default:
		}
		return v
	}
	request, gate := s.Edits, control.GateKept(name, true).Edits
	s.Edits = func(i *component.Instance) []component.Edit {
		var edits []component.Edit
		if i.FeatureGate(name).IsFalse() {
			edits = gate(i)
		}
		if !i.Flag(flag).IsTrue() {
			edits = append(edits, request(i)...)
		}
		return edits
	}
	return s
}
