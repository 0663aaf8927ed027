package network

import (
	"net/netip"
	"slices"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

// party is one end of a flow as policies see it.
type party struct {
	kind       partyKind
	host       bool    // a pod with hostNetwork
	selections []int32 // the selections that select the pod, ascending
	addresses  []netip.Addr
	span       Addresses       // of what is outside
	ports      []workload.Port // with names
	anyPorts   bool            // which ports the pod has is not known
	policies   [2][3][]*Policy // by direction and tier: what applies to it, in the order in which it is asked
}

type partyKind uint8

const (
	podParty partyKind = iota
	outside
	unlisted // some pod of which nothing is known
)

// Endpoint is one end of a flow.
type Endpoint struct {
	kind      partyKind
	workload  int // index in the set, -1 for a pod that is not in it
	namespace string
	labels    label.Set
	ports     []workload.Port
	span      Addresses
}

// OfWorkload is the workload of an index in the set of workloads.
func OfWorkload(index int) Endpoint { return Endpoint{workload: index} }

// PodWith is a pod that is in no file: one with these labels in a namespace. Of its ports those are known that are given; with none
// given, whether it has a port of a name is not known.
func PodWith(namespace string, labels label.Set, ports ...workload.Port) Endpoint {
	return Endpoint{workload: -1, namespace: namespace, labels: labels, ports: ports}
}

// Outside is a range of addresses outside of the cluster. Where policies treat its addresses differently, a verdict on it is unknown.
func Outside(span Addresses) Endpoint { return Endpoint{kind: outside, workload: -1, span: span} }

// SomePod is a pod of which nothing is known, in a namespace of which nothing is known, such as that of an ingress controller that
// is installed otherwise. Policies that apply to itself are not judged.
func SomePod() Endpoint { return Endpoint{kind: unlisted, workload: -1} }

// party resolves an endpoint.
func (a *Analysis) party(e Endpoint) *party {
	switch {
	case e.kind == outside:
		return &party{kind: outside, span: e.span}
	case e.kind == unlisted:
		return &party{kind: unlisted, anyPorts: true}
	case e.workload >= 0 && e.workload < len(a.classOf):
		return &a.types[a.typeOf[a.classOf[e.workload]]].party
	}
	p := &party{kind: podParty, ports: e.ports, anyPorts: len(e.ports) == 0}
	labels := a.index.NamespaceLabels(e.namespace)
	for _, list := range [...][]int32{a.local[e.namespace], a.wide} {
		for _, i := range list {
			if a.selections[i].Selects(e.namespace, labels, e.labels) {
				p.selections = append(p.selections, i)
			}
		}
	}
	slices.Sort(p.selections)
	a.apply(p)
	return p
}

// matches reports whether a rule's peers have a party among them.
func (a *Analysis) matches(r *Rule, p *Policy, other *party) match {
	if r.AnyPeer {
		return always
	}
	m := never
	for i := range r.Peers {
		if m = max(m, a.matchesPeer(&r.Peers[i], p, other)); m == always {
			break
		}
	}
	return m
}

func (a *Analysis) matchesPeer(peer *Peer, p *Policy, other *party) match {
	inside := other.kind != outside
	switch peer.Kind {
	case Anyone:
		return always
	case World:
		return sure(!inside)
	case Cluster:
		return sure(inside)
	case Nodes:
		if !inside || other.host {
			return perhaps
		}
		return never
	case Obscure:
		return perhaps
	case Pods:
		return a.matchesSelection(peer, p, other)
	case Block:
		return matchesBlock(peer, p, other)
	case Nobody:
	}
	return never
}

func sure(b bool) match {
	if b {
		return always
	}
	return never
}

func (a *Analysis) matchesSelection(peer *Peer, p *Policy, other *party) match {
	switch {
	case other.kind == outside:
		if p.API.calico() && a.set.networkSets {
			return perhaps // sets of addresses have labels too
		}
		return never
	case other.kind == unlisted:
		switch s := &a.selections[peer.sel]; {
		case s.Everywhere():
			return always
		case s.nothing:
			return never
		}
		return perhaps
	case other.host && p.API.admin():
		return never
	}
	_, found := slices.BinarySearch(other.selections, peer.sel)
	if found && other.host {
		return perhaps // what a selector does to pods with hostNetwork is left to the network plugin
	}
	return sure(found)
}

func matchesBlock(peer *Peer, p *Policy, other *party) match {
	switch {
	case other.kind == outside:
		return other.span.within(peer.Block, peer.Except)
	case other.host:
		return perhaps // the node's address
	case p.API.admin() && peer.Block.Bits() == 0 && len(other.addresses) == 0:
		// Their networks are checked for traffic within the cluster too. Which family a pod has is not known: IPv4 is what
		// nearly all have.
		return sure(peer.Block.Addr().Is4())
	case p.API.cilium():
		return never // Cilium knows pods by their labels: CIDR rules do not match them
	}
	for _, ip := range other.addresses {
		if (Addresses{ip, ip}).within(peer.Block, peer.Except) == always {
			return always
		}
	}
	return never
}

// ports returns the ports of the destination that a rule matches, and those that it perhaps matches.
func (r *Rule) portsOf(destination *party) (certain, possible Ports) {
	if r.AnyPort {
		return AllPorts(), Ports{}
	}
	for i := range r.Ports {
		m := &r.Ports[i]
		switch {
		case m.Name == "":
			certain = certain.Union(m.Ports)
		case destination.kind == outside:
		case destination.anyPorts:
			possible = possible.Union(m.Ports)
		default:
			for _, p := range destination.ports {
				if protocol, ok := ParseProtocol(p.Protocol); ok && p.Name == m.Name && m.Ports.Has(protocol, p.Number) {
					certain = certain.Union(PortsOf(protocol, p.Number, p.Number))
				}
			}
		}
	}
	return certain, possible.Minus(certain)
}
