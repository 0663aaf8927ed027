package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletAnonymousAuthEnabled: the kubelet knows who asks.
var KubeletAnonymousAuthEnabled = control.Control{
	ID: "kubelet-anonymous-auth-enabled", Section: "kubelet", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Turn off anonymous access to the kubelet",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagIs("anonymous-auth", false)}},
	Risk:     "Probes and metrics of the kubelet that are fetched without a token get 401.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set authentication.anonymous.enabled: false in the kubelet's configuration file.",
	Refs: control.Refs{
		CIS:    []string{"4.2.1"},
		NSA:    []string{"Authentication", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletAuthDocs, kubeletAPI},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0069", "C-0172"},
		Trivy:     []string{"KCV-0079"},
		Checkov:   []string{"CKV_K8S_138"},
		KubeBench: []string{"4.2.1"},
		Other:     []string{"kube-hunter:KHV036"},
	},
	Why: `A request without credentials passes as system:anonymous. Together with an authorization of AlwaysAllow, which goes with it in a kubelet without a
configuration file, everybody runs commands in every pod of the node.`,
	Examples: []control.Example{
		fails("on", kubeletFile("authentication: {anonymous: {enabled: true}}"), "authentication.anonymous.enabled"),
		passes("off", kubeletFile("authentication: {anonymous: {enabled: false}}")),
		passes("the default of a file", kubeletFile("cgroupDriver: systemd")),
	},
}
