package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/clusterfacts"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/agent"
)

// factsKind is what a scan of a running cluster says of it as a whole.
var factsKind = control.Kind{Group: clusterfacts.Group, Kind: clusterfacts.Kind}

// enforcers are network plugins, and agents beside them, that enforce NetworkPolicy, by the documentation of each. Those that do it only if they
// are told to are in doubtful.
var enforcers = []agent.Program{
	{Name: "Calico", Images: []string{"calico/node", "tigera/cnx-node", "rancher/mirrored-calico-node", "rancher/hardened-calico"}},
	{Name: "Cilium", Images: []string{"cilium/cilium", "cilium/cilium-ci", "rancher/mirrored-cilium-cilium", "gke.gcr.io/cilium/cilium", "azure-cns/cilium", "isovalent/cilium"}},
	{Name: "Antrea", Images: []string{"antrea/antrea-agent-ubuntu", "antrea/antrea-agent-ubi", "antrea/antrea-ubuntu", "antrea/antrea-agent-debian"}},
	{Name: "kube-router", Images: []string{"cloudnativelabs/kube-router", "k0sproject/kube-router"}},
	{Name: "Weave Net", Images: []string{"weaveworks/weave-npc", "rajchaudhuri/weave-npc"}},
	{Name: "Kube-OVN", Images: []string{"kubeovn/kube-ovn"}},
	{Name: "OVN-Kubernetes", Images: []string{"ovn-kubernetes/ovn-kube-f", "ovn-kubernetes/ovn-kube-u"}},
	{Name: "Azure NPM", Images: []string{"containernetworking/azure-npm"}},
	{Name: "kube-network-policies", Images: []string{"networking/kube-network-policies", "kube-network-policies"}},
	{Name: "GKE Dataplane V2", Images: []string{"gke.gcr.io/anetd", "gke.gcr.io/cilium/anetd"}},
}

// doubtful enforce policies if they are told to, in arguments or settings of the cloud that are not looked at here.
var doubtful = []agent.Program{
	{Name: "the network policy agent of Amazon VPC CNI", Images: []string{"amazon/aws-network-policy-agent", "eks/aws-network-policy-agent"}},
	{Name: "kindnet", Images: []string{"kindest/kindnetd"}}, // since v20240813 it does; a tag of a build does not say
	{Name: "Terway", Images: []string{"acs/terway"}},
	{Name: "Canal or Flannel of a distribution", Images: []string{"rancher/hardened-flannel", "rancher/mirrored-flannel-flannel"}},
}

// ignorers are network plugins that do nothing with NetworkPolicy.
var ignorers = []agent.Program{
	{Name: "Flannel", Images: []string{"flannel/flannel", "flannelcni/flannel", "coreos/flannel"}},
	{Name: "Amazon VPC CNI", Images: []string{"amazon-k8s-cni", "eks/amazon-k8s-cni"}},
	{Name: "Azure CNI", Images: []string{"containernetworking/azure-cni"}},
	{Name: "Multus", Images: []string{"k8snetworkplumbingwg/multus-cni"}},
}

// embedded returns which distribution brings a network of its own inside of its programs, by the versions of kubelets; "" if none does.
func embedded(v *control.Verdicts) string {
	nodes := v.Nodes()
	for i := range nodes {
		if strings.Contains(nodes[i].KubeletVersion, "+k3s") {
			return "k3s"
		}
	}
	return ""
}

// noNodes reports whether a cluster has no nodes yet, and so no network between them.
func noNodes(v *control.Verdicts) bool {
	c := v.Cluster()
	return c != nil && len(v.Nodes()) == 0 && c.Missed("", "nodes") == ""
}
