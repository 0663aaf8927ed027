package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletHostnameOverrideSet: a node has the name that its certificate has.
var KubeletHostnameOverrideSet = control.Control{
	ID: "kubelet-hostname-override-set", Section: "kubelet", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Do not override the node hostname",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagNotGiven("hostname-override", "node-1")}},
	Risk:     "The node registers anew under its host name; the old node object and the pods on it have to be removed.",
	Fix:      control.Advice,
	NoFix:    "Another name makes another node: the old one has to be drained and deleted first.",
	NoPolicy: noPolicyForNodes,
	Remedy:   "Drain and delete the node, start the kubelet without --hostname-override, and let the node join again.",
	Refs: control.Refs{
		CIS:    []string{"4.2.7"},
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1036"},
		Source: []string{kubeletFlagDocs, kubeletTLSDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0179"},
		Trivy:     []string{"KCV-0086"},
		Checkov:   []string{"CKV_K8S_146"},
		KubeBench: []string{"4.2.7"},
	},
	Why: `A name that is not the host's own can break the match between node, certificate and cloud instance, and makes logs hard to follow. Where a cloud
provider asks for the flag, waive this.`,
}
