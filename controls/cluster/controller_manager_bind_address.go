package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ControllerManagerBindAddress: only the node itself asks it.
var ControllerManagerBindAddress = control.Control{
	ID: "controller-manager-bind-address", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Bind the controller-manager to localhost",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.ControllerManager}, Settings: []control.Setting{control.FlagLoopback("bind-address", "127.0.0.1", "0.0.0.0")}, Unless: noSecurePort},
	Risk:     "A Prometheus on another host cannot scrape the controller manager any more.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start the controller manager with --bind-address=127.0.0.1; its probes have to use that address too, as those of kubeadm do.",
	Refs: control.Refs{
		CIS:    []string{"1.3.7"},
		NSA:    []string{"Network separation: control plane hardening"},
		MITRE:  []string{"T1046"},
		Source: []string{managerFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0150"},
		Trivy:     []string{"KCV-0039"},
		Checkov:   []string{"CKV_K8S_113"},
		KubeBench: []string{"1.3.7"},
	},
	Why: `Nobody but the node's own probes needs the port. On all addresses pods and the network reach it, health without a login and the rest with a
certificate that the controller manager signs itself.`,
}
