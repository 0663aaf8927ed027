package cluster

import (
	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdReachableFromPods: who cannot connect needs no certificate to be refused.
var EtcdReachableFromPods = control.Control{
	ID: "etcd-reachable-from-pods", Section: "etcd", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Firewall etcd from pods and from outside",
	Scope:    control.Objects,
	Kinds:    []control.Kind{factsKind},
	Unless:   notTriedFromPods(clusterfacts.ToEtcd),
	Require:  closedToPods(clusterfacts.ToEtcd),
	Risk:     "Pods that back up or monitor etcd over the network have to run on its hosts, or need a rule of their own.",
	Fix:      control.Advice,
	NoFix:    "The firewall of the control plane hosts decides, or the CNI where it has policies for hosts.",
	NoPolicy: noPolicyForConnections,
	Remedy: "Let only the API servers and the other members reach ports 2379 and 2380: in the firewall of the hosts or of the cloud, or with a policy for hosts of the CNI " +
		"(Calico HostEndpoint, Cilium host policies). Then run 'kubeharden prove ports-from-pods' in a pod.",
	Refs: control.Refs{
		NSA:    []string{nsaEtcd, nsaEncryption},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{"https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#securing-etcd-clusters", "https://kubernetes.io/docs/reference/networking/ports-and-protocols/"},
	},
	Peers: control.Peers{
		Other: []string{"kube-hunter:KHV031", "kube-hunter:KHV032", "kube-hunter:KHV033"},
	},
	Why: `To write to etcd is to be administrator of the cluster, and to read it is to have every Secret. A pod that can connect needs only a stolen certificate, or a hole in etcd or in its
TLS, and no one sees it: etcd has no audit log. No pod of an application has anything to do there.`,
	Bad: []control.Change{
		{Path: "spec.connections", Value: []any{tried(clusterfacts.ToEtcd, "10.0.0.1:2379", true)}},
		{Path: "spec.connections", Name: "the peer port", Value: []any{tried(clusterfacts.ToEtcd, "10.0.0.1:2379", false), tried(clusterfacts.ToEtcd, "10.0.0.1:2380", true)}},
	},
	Good: []control.Change{
		{Path: "spec.connections", Value: []any{tried(clusterfacts.ToEtcd, "10.0.0.1:2379", false), tried(clusterfacts.ToKubelet, "10.0.0.4:10250", true)}},
		{Path: "spec.connections", Name: "from a node", Value: []any{mapping{"from": "node", "to": clusterfacts.ToEtcd, "address": "10.0.0.1:2379", "open": true}}},
		{Path: "spec.connections"},
	},
}
