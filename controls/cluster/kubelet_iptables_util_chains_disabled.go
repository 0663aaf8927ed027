package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletIPTablesUtilChainsDisabled: the node's firewall has what Kubernetes relies on.
var KubeletIPTablesUtilChainsDisabled = control.Control{
	ID: "kubelet-iptables-util-chains-disabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Let the kubelet manage iptables utility chains",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagIs("make-iptables-util-chains", true)}},
	Risk:     "None.",
	Fix:      control.Auto,
	FixRisk:  control.Safe,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set makeIPTablesUtilChains: true in the kubelet's configuration file, or leave it out.",
	Refs: control.Refs{
		CIS:    []string{"4.2.6"},
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletAPI, kubeletFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0178"},
		Trivy:     []string{"KCV-0084"},
		Checkov:   []string{"CKV_K8S_145"},
		KubeBench: []string{"4.2.6"},
	},
	Why: `The kubelet's chains drop packets to localhost that come from elsewhere and mark others. Rules by hand in their place age.`,
	Examples: []control.Example{
		fails("off", kubeletFile("makeIPTablesUtilChains: false"), "makeIPTablesUtilChains"),
		passes("the default", kubeletFile("cgroupDriver: systemd")),
	},
}
