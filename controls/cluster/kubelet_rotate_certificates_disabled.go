package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletRotateCertificatesDisabled: the node stays in the cluster, with keys that do not grow old.
var KubeletRotateCertificatesDisabled = control.Control{
	ID: "kubelet-rotate-certificates-disabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Rotate kubelet client certificates",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagIs("rotate-certificates", true)}, Unless: ownRotation},
	Risk:     "None: the request for the next certificate is approved by the cluster itself.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set rotateCertificates: true in the kubelet's configuration file.",
	Refs: control.Refs{
		CIS:    []string{"4.2.10"},
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletTLSDocs, kubeletAPI},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0182"},
		Trivy:     []string{"KCV-0090"},
		Checkov:   []string{"CKV_K8S_149"},
		KubeBench: []string{"4.2.10"},
	},
	Why: `The certificate with which the kubelet logs in ends after a year, and the node with it. Those who renew it by hand choose long lives, and a stolen key
then works for as long.`,
	Examples: []control.Example{
		fails("off", kubeletFile("rotateCertificates: false"), "rotateCertificates"),
		fails("not given", kubeletFile("cgroupDriver: systemd"), ""),
		passes("on", kubeletFile("rotateCertificates: true")),
	},
}
