// Package network has the controls on who can reach whom: network policies, services, ways into the cluster, meshes.
package network

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

const (
	policyDocs  = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"
	defaultDocs = "https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies"
)

// policyKinds are the kinds of network policies that are judged.
func policyKinds() []control.Kind {
	return []control.Kind{
		{Group: "networking.k8s.io", Kind: "NetworkPolicy"},
		{Group: "policy.networking.k8s.io", Kind: "AdminNetworkPolicy"},
		{Group: "policy.networking.k8s.io", Kind: "BaselineAdminNetworkPolicy"},
		{Group: "policy.networking.k8s.io", Kind: "ClusterNetworkPolicy"},
		{Group: "cilium.io", Kind: "CiliumNetworkPolicy"},
		{Group: "cilium.io", Kind: "CiliumClusterwideNetworkPolicy"},
		{Group: "projectcalico.org", Kind: "NetworkPolicy"},
		{Group: "projectcalico.org", Kind: "GlobalNetworkPolicy"},
		{Group: "crd.projectcalico.org", Kind: "NetworkPolicy"},
		{Group: "crd.projectcalico.org", Kind: "GlobalNetworkPolicy"},
		{Group: "extensions", Kind: "NetworkPolicy"},
	}
}

// systemNamespaces are those of Kubernetes itself. What runs there has to be reached by everybody, or is on the host network.
func isSystem(namespace string) bool {
	return namespace == "kube-system" || namespace == "kube-public" || namespace == "kube-node-lease"
}

// place is a namespace that somebody here answers for: it is declared, or has network policies of its own.
type place struct {
	name string
	// object is where a finding about the namespace stands, at path.
	object int
	path   string
	// policies are the indexes of its own policies in Analysis.Policies.
	policies []int
}

// places returns the namespaces to judge, in the order in which they were read. Of a namespace in which only workloads are known the
// policies may be somewhere else, so that nothing is said of it as a whole.
func places(v *control.Verdicts) []place {
	var all []place
	index := map[string]int{}
	for i := range v.Workloads.Namespaces {
		ns := &v.Workloads.Namespaces[i]
		if _, ok := index[ns.Name]; !ok {
			index[ns.Name] = len(all)
			all = append(all, place{name: ns.Name, object: ns.Object})
		}
	}
	for i, p := range v.Connectivity().Policies() {
		if p.Namespace == "" {
			continue
		}
		k, ok := index[p.Namespace]
		if !ok {
			// A policy that names no namespace may be put into any, so that it says nothing of default.
			if v.Afloat(p.Object) {
				continue
			}
			k = len(all)
			index[p.Namespace] = k
			all = append(all, place{name: p.Namespace, object: p.Object, path: "metadata.namespace"})
		}
		all[k].policies = append(all[k].policies, i)
	}
	return slices.DeleteFunc(all, func(p place) bool { return isSystem(p.name) })
}

// cause is what findings about a whole namespace have in common.
func cause(namespace string) string { return "namespace " + namespace }

// checkDefaultDeny judges one direction of every namespace.
func checkDefaultDeny(v *control.Verdicts, direction network.Direction) {
	a := v.Connectivity()
	for _, p := range places(v) {
		isolation := a.DefaultDeny(p.name).Of(direction)
		b := control.Breach{Object: p.object, Path: p.path, Cause: cause(p.name)}
		switch isolation.Verdict {
		case network.Denied:
			v.Pass(1)
			continue
		case network.Unknown:
			b.Unknown = true
			b.Message = "whether namespace " + p.name + " denies " + direction.String() + " by default cannot be told from its policies"
			b.Related = deciders(isolation.Unknown, "has an effect that files do not tell")
		case network.Allowed:
			b.Message = "has no policy that denies " + direction.String() + " to pods that no other policy selects"
			if len(isolation.By) > 0 && isolation.OpenedBy >= 0 {
				b.Message = "denies " + direction.String() + " by default and allows all of it again"
				b.Related = append(deciders(isolation.By[:1], "denies it"), deciders([]int{isolation.OpenedBy}, "allows all of it")...)
			}
			if p.path != "" {
				b.Message = "namespace " + p.name + " " + b.Message
			}
		}
		v.Fail(b)
	}
}

// maxRelated bounds what a finding lists.
const maxRelated = 10

func deciders(objects []int, text string) []control.Decider {
	var all []control.Decider
	for _, o := range objects {
		if len(all) == maxRelated {
			break
		}
		all = append(all, control.Decider{Object: o, Text: text})
	}
	return all
}
