package cluster

import (
	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletPortReachableFromPods: a kubelet that pods do not reach obeys none.
var KubeletPortReachableFromPods = control.Control{
	ID: "kubelet-port-reachable-from-pods", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Keep pods and outside networks away from kubelet port 10250",
	Scope:    control.Objects,
	Kinds:    []control.Kind{factsKind},
	Unless:   notTriedFromPods(clusterfacts.ToKubelet),
	Require:  closedToPods(clusterfacts.ToKubelet),
	Risk:     "metrics-server and what else scrapes kubelets from pods need a rule of their own, or hostNetwork.",
	Fix:      control.Advice,
	NoFix:    "The firewall of the nodes decides, or the CNI where it has policies for hosts.",
	NoPolicy: noPolicyForConnections,
	Remedy: "Let only the API servers and what scrapes metrics reach port 10250: in the firewall of the nodes, with a policy for hosts of the CNI (Calico HostEndpoint, Cilium host " +
		"policies), or for pods with egress rules that leave the addresses of nodes out. Then run 'kubeharden prove ports-from-pods' in a pod.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: control plane hardening", "Network separation: worker node segmentation"},
		MITRE:  []string{"T1609", "T1613"},
		Source: []string{kubeletAuthDocs, "https://kubernetes.io/docs/reference/networking/ports-and-protocols/"},
	},
	Peers: control.Peers{
		Other: []string{"kube-hunter:KHV051"},
	},
	Why: `The kubelet starts commands in every container of its node, beside the API server, its admission and its audit log. From a pod one mistake in its authentication, or one token with
nodes/proxy, is enough. Most pods never have to talk to a kubelet.`,
	Bad: []control.Change{
		{Path: "spec.connections", Value: []any{tried(clusterfacts.ToKubelet, "10.0.0.4:10250", true)}},
		{Path: "spec.connections", Name: "one of two", Value: []any{tried(clusterfacts.ToKubelet, "10.0.0.4:10250", false), tried(clusterfacts.ToKubelet, "10.0.0.5:10250", true)}},
	},
	Good: []control.Change{
		{Path: "spec.connections", Value: []any{tried(clusterfacts.ToKubelet, "10.0.0.4:10250", false), tried(clusterfacts.ToEtcd, "10.0.0.1:2379", true)}},
		{Path: "spec.connections"},
	},
}
