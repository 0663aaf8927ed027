package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletReadOnlyPortOpen: nobody reads the node without a name.
var KubeletReadOnlyPortOpen = control.Control{
	ID: "kubelet-read-only-port-open", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Close the kubelet read-only port",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagOneOf("read-only-port", "10255", "0")}},
	Risk:     "Programs that read metrics from port 10255 have to use 10250 with a token.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Set readOnlyPort: 0 in the kubelet's configuration file, or start the kubelet with --read-only-port=0.",
	Refs: control.Refs{
		CIS:    []string{"4.2.4"},
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletAPI, kubeletFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0175"},
		Trivy:     []string{"KCV-0082"},
		Checkov:   []string{"CKV_K8S_141"},
		KubeBench: []string{"4.2.4"},
		Other:     []string{"kube-hunter:KHV038", "kube-hunter:KHV044", "kube-hunter:KHV052"},
	},
	Why: `The port answers everybody who reaches it, each pod too, without credentials: all pods of the node with their environment, and metrics. A kubelet
without a configuration file opens it by itself.`,
	Examples: []control.Example{
		fails("open", kubeletFile("readOnlyPort: 10255"), "readOnlyPort"),
		passes("closed", kubeletFile("readOnlyPort: 0")),
		passes("the default of a file", kubeletFile("cgroupDriver: systemd")),
	},
}
