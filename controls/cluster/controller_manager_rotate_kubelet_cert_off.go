package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ControllerManagerRotateKubeletCertOff: kubelets get their next certificate.
var ControllerManagerRotateKubeletCertOff = control.Control{
	ID: "controller-manager-rotate-kubelet-cert-off", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Keep RotateKubeletServerCertificate on",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.ControllerManager}, Settings: []control.Setting{control.GateKept("RotateKubeletServerCertificate", true)}},
	Risk:     "None.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Take RotateKubeletServerCertificate=false out of --feature-gates of the controller manager.",
	Refs: control.Refs{
		CIS:    []string{"1.3.6"},
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1562"},
		Source: []string{kubeletTLSDocs, managerFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0149"},
		Trivy:     []string{"KCV-0038"},
		Checkov:   []string{"CKV_K8S_112"},
		KubeBench: []string{"1.3.6"},
	},
	Why: `With the gate off the requests of kubelets for serving certificates are not dealt with as they should be, and their certificates end.`,
}
