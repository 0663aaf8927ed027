// Package network knows who can reach whom on which port: it reads network policies of every API that is in use, and judges flows
// between workloads, and to and from the outside, exactly as their specifications say.
//
// # What is taken as given
//
// Addresses of pods are not in manifests, so an ipBlock matches no pod, unless the file has the pod's status.podIP; the
// documentation of NetworkPolicy means ipBlocks for addresses outside of the cluster
// (https://kubernetes.io/docs/concepts/services-networking/network-policies/#behavior-of-to-and-from-selectors). Only the networks
// of AdminNetworkPolicy and ClusterNetworkPolicy that hold all addresses match every pod too, as their specification says.
//
// Of a namespace that no file declares only the name is known: it has the label kubernetes.io/metadata.name and no other.
//
// Policies do not apply to pods with hostNetwork. What they send comes from a node, which no selector finds and which may always
// reach the pods on itself: where a policy denies by default, such a flow is unknown.
//
// A policy that the API server would refuse, or whose meaning cannot be told from files, makes what it selects unknown.
//
// A Set may be filled by one goroutine; an Analysis may be used by many.
package network

import (
	"net/netip"

	"github.com/kubeharden/kubeharden/label"
)

// API is what a policy is an object of.
type API uint8

// The kinds of policies.
const (
	NetworkPolicy API = iota
	AdminNetworkPolicy
	BaselineAdminNetworkPolicy
	ClusterNetworkPolicy
	CiliumNetworkPolicy
	CiliumClusterwideNetworkPolicy
	CalicoNetworkPolicy
	CalicoGlobalNetworkPolicy
)

func (a API) String() string {
	return [...]string{
		"NetworkPolicy", "AdminNetworkPolicy", "BaselineAdminNetworkPolicy", "ClusterNetworkPolicy", "CiliumNetworkPolicy",
		"CiliumClusterwideNetworkPolicy", "Calico NetworkPolicy", "Calico GlobalNetworkPolicy",
	}[a]
}

func (a API) cilium() bool { return a == CiliumNetworkPolicy || a == CiliumClusterwideNetworkPolicy }
func (a API) calico() bool { return a == CalicoNetworkPolicy || a == CalicoGlobalNetworkPolicy }

// admin reports whether the policy is of SIG Network's cluster-wide APIs, whose selectors never find pods with hostNetwork.
func (a API) admin() bool {
	return a == AdminNetworkPolicy || a == BaselineAdminNetworkPolicy || a == ClusterNetworkPolicy
}

// Tier is when a policy is asked: the Admin tier first, the Baseline tier last.
// https://network-policy-api.sigs.k8s.io/api-overview/
type Tier uint8

// The tiers.
const (
	Admin    Tier = iota
	Standard      // NetworkPolicy, and the policies of Cilium and Calico
	Baseline
)

func (t Tier) String() string { return [...]string{"Admin", "NetworkPolicy", "Baseline"}[t] }

// Direction is the direction of traffic, as the pod sees it to which a policy applies.
type Direction uint8

// The directions.
const (
	Ingress Direction = iota
	Egress
)

func (d Direction) String() string { return [...]string{"ingress", "egress"}[d] }

// Action is what a rule does with the traffic that it matches.
type Action uint8

// The actions.
const (
	Allow Action = iota // Accept of a ClusterNetworkPolicy
	Deny
	Pass // on to the next tier
)

func (a Action) String() string { return [...]string{"Allow", "Deny", "Pass"}[a] }

// Policy is one network policy.
type Policy struct {
	// Object is the number that the policy's object was read under.
	Object int
	API    API
	// Namespace is "" for a policy of the whole cluster.
	Namespace, Name string
	Tier            Tier
	// Order says when the policy is asked within its tier, the lowest first: the priority of AdminNetworkPolicy and
	// ClusterNetworkPolicy, the order of Calico's policies.
	Order   float64
	Subject Selection
	// Ingress and Egress are what it says of a direction.
	Ingress, Egress Rules
	// Opaque says why the effect on what it selects cannot be told; "" if it can.
	Opaque  string
	number  int   // in an analysis
	subject int32 // the number of its Subject there
}

// rules returns what the policy says of a direction.
func (p *Policy) rules(d Direction) *Rules {
	if d == Ingress {
		return &p.Ingress
	}
	return &p.Egress
}

// String returns "NetworkPolicy shop/deny-all".
func (p *Policy) String() string {
	if p.Namespace == "" {
		return p.API.String() + " " + p.Name
	}
	return p.API.String() + " " + p.Namespace + "/" + p.Name
}

// Rules is what a policy says of one direction.
type Rules struct {
	// Applies is set if the policy has to do with the direction at all.
	Applies bool
	// Isolates is set if what no rule allows is denied.
	Isolates bool
	List     []Rule
}

// Rule is one rule of a policy.
type Rule struct {
	// Path leads from the object's root to the rule: "spec.ingress[0]".
	Path string
	// Name is the rule's own name, where the API has one.
	Name   string
	Action Action
	// AnyPeer is set if the rule names no peers and so matches all; else it matches those of Peers, of which there may be none.
	AnyPeer bool
	Peers   []Peer
	// AnyPort is set if the rule names no ports and so matches all; else it matches those of Ports, of which there may be none.
	AnyPort bool
	Ports   []PortMatch
	// Doubt is a condition of the rule that cannot be judged, as one on the HTTP path; "" if there is none.
	Doubt string
}

// PeerKind is how a peer is named.
type PeerKind uint8

// The kinds of peers.
const (
	Pods    PeerKind = iota // by selection
	Block                   // by addresses
	Anyone                  // everything in and out of the cluster
	World                   // everything out of the cluster
	Cluster                 // everything in the cluster, nodes too
	Nodes                   // nodes, or some of them
	Obscure                 // in a way that files do not tell: domain names, services, groups of a cloud
	Nobody                  // a peer that means nothing
)

// Peer is one entry of from or to.
type Peer struct {
	// Path leads from the object's root to the peer: "spec.ingress[0].from[1]".
	Path string
	Kind PeerKind
	// Selection selects the pods if Kind is Pods.
	Selection Selection
	// Block is the CIDR if Kind is Block, less the CIDRs of Except.
	Block  netip.Prefix
	Except []netip.Prefix
	sel    int32 // number of the selection in an analysis
}

// PortMatch is one entry of ports.
type PortMatch struct {
	// Path leads from the object's root to the entry.
	Path string
	// Name is the name of a container's port, "" if the ports are given by number.
	Name string
	// Ports are the ports given by number; of a named port the protocols that it may have.
	Ports Ports
}

// Selection selects pods by namespace and labels.
type Selection struct {
	// Namespace is the only namespace; "" if Namespaces selects them.
	Namespace  string
	Namespaces label.Selector
	Pods       label.Selector
	// calico's own language for both
	namespaces, pods *expression
	// nothing is set if nothing at all is selected
	nothing bool
}

// key is equal for selections of equal meaning.
func (s *Selection) key() string {
	if s.nothing {
		return "-"
	}
	return s.Namespace + "\x00" + s.Namespaces.String() + "\x00" + s.Pods.String() + "\x00" + s.namespaces.String() + "\x00" + s.pods.String()
}

// AllPods reports whether all pods of the selected namespaces are selected, whatever labels they have.
func (s *Selection) AllPods() bool { return !s.nothing && len(s.Pods) == 0 && s.pods.all() }

// Everywhere reports whether all pods of all namespaces are selected.
func (s *Selection) Everywhere() bool {
	return s.Namespace == "" && len(s.Namespaces) == 0 && s.namespaces.all() && s.AllPods()
}

// selectsNamespace reports whether pods of a namespace can be selected.
func (s *Selection) selectsNamespace(name string, labels label.Set) bool {
	if s.nothing || s.Namespace != "" && s.Namespace != name {
		return false
	}
	return s.Namespaces.Matches(labels) && s.namespaces.matches(labels, name)
}

// Selects reports whether pods with these labels, in the namespace of the name with its labels, are selected.
func (s *Selection) Selects(namespace string, namespaceLabels, labels label.Set) bool {
	return s.selectsNamespace(namespace, namespaceLabels) && s.Pods.Matches(labels) && s.pods.matches(labels, namespace)
}

// String writes the selection for people.
func (s *Selection) String() string {
	where := "all namespaces"
	switch {
	case s.nothing:
		return "nothing"
	case s.Namespace != "":
		where = "namespace " + s.Namespace
	case len(s.Namespaces) > 0:
		where = "namespaces with " + s.Namespaces.String()
	case !s.namespaces.all():
		where = "namespaces with " + s.namespaces.String()
	}
	switch {
	case len(s.Pods) > 0:
		return "pods with " + s.Pods.String() + " in " + where
	case !s.pods.all():
		return "pods with " + s.pods.String() + " in " + where
	}
	return "all pods in " + where
}

// match is whether something matches.
type match uint8

const (
	never match = iota
	perhaps
	always
)

// SelectsIn reports whether the selection has to do with a namespace at all: pods of it, with one label or another, are selected.
func (s *Selection) SelectsIn(namespace string, labels label.Set) bool {
	return !s.nothing && s.selectsNamespace(namespace, labels)
}
