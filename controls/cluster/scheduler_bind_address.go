package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// SchedulerBindAddress: only the node itself asks it.
var SchedulerBindAddress = control.Control{
	ID: "scheduler-bind-address", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Bind the scheduler to localhost",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Scheduler}, Settings: []control.Setting{control.FlagLoopback("bind-address", "127.0.0.1", "0.0.0.0")}, Unless: noSecurePort},
	Risk:     "A Prometheus on another host cannot scrape the scheduler any more.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start the scheduler with --bind-address=127.0.0.1; its probes have to use that address too, as those of kubeadm do.",
	Refs: control.Refs{
		CIS:    []string{"1.4.2"},
		NSA:    []string{"Network separation: control plane hardening"},
		MITRE:  []string{"T1046"},
		Source: []string{schedulerFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0152"},
		Trivy:     []string{"KCV-0041"},
		Checkov:   []string{"CKV_K8S_115"},
		KubeBench: []string{"1.4.2"},
	},
	Why: `Nobody but the node's own probes needs the port. On all addresses pods and the network reach it, health without a login and the rest with a
certificate that the scheduler signs itself.`,
}
