package network

import (
	"net/netip"
	"slices"

	"github.com/kubeharden/kubeharden/object"
)

// Set is what is known of network policies and of ways into the cluster, in the order in which it was read.
type Set struct {
	Policies []Policy
	Routes   []Route
	Gateways []Gateway
	// Flaws are what the API server refuses in policies, and what means nothing in them.
	Flaws []object.Flaw
	// addresses are the addresses of pods, by the number of the pod's object.
	addresses map[int][]netip.Addr
	// networkSets says that Calico's selectors may find addresses outside of the cluster.
	networkSets bool
}

// Add reads what the object is to the set; number is what it will be known by. Most kinds are nothing to it.
func (s *Set) Add(o *object.Object, number int) {
	r := &reader{set: s, object: o, root: o.Root, number: number}
	switch o.Group() {
	case "":
		if o.Kind == "Pod" {
			s.addAddresses(o, number)
		}
	case "networking.k8s.io", "extensions":
		switch o.Kind {
		case "NetworkPolicy":
			r.networkPolicy(o)
		case "Ingress":
			r.ingress(o)
		}
	case "policy.networking.k8s.io":
		r.adminPolicy(o)
	case "cilium.io":
		r.ciliumPolicy(o)
	case "projectcalico.org", "crd.projectcalico.org":
		switch o.Kind {
		case "NetworkPolicy", "GlobalNetworkPolicy":
			r.calicoPolicy(o)
		case "NetworkSet", "GlobalNetworkSet":
			s.networkSets = true
		}
	case "gateway.networking.k8s.io", "route.openshift.io", "networking.istio.io":
		r.entry(o)
	}
}

// addAddresses keeps the addresses of a pod, which its status has.
func (s *Set) addAddresses(o *object.Object, number int) {
	status := o.Root.Get("status")
	var out []netip.Addr
	if a, err := netip.ParseAddr(status.Get("podIP").Text()); err == nil {
		out = append(out, a.Unmap())
	}
	for i, ip := range status.Get("podIPs").Items() {
		if a, err := netip.ParseAddr(ip.Get("ip").Text()); err == nil && i < 4 && !slices.Contains(out, a.Unmap()) {
			out = append(out, a.Unmap())
		}
	}
	if len(out) == 0 {
		return
	}
	if s.addresses == nil {
		s.addresses = map[int][]netip.Addr{}
	}
	s.addresses[number] = out
}

// Merge adds what another set has; its objects are known by base more than before. The other set must not be used any more.
func (s *Set) Merge(other *Set, base int) {
	s.Policies = object.Merge(s.Policies, other.Policies, base, func(x *Policy) *int { return &x.Object })
	s.Routes = object.Merge(s.Routes, other.Routes, base, func(x *Route) *int { return &x.Object })
	s.Gateways = object.Merge(s.Gateways, other.Gateways, base, func(x *Gateway) *int { return &x.Object })
	s.Flaws = object.Merge(s.Flaws, other.Flaws, base, func(x *object.Flaw) *int { return &x.Object })
	for number, a := range other.addresses {
		if s.addresses == nil {
			s.addresses = make(map[int][]netip.Addr, len(other.addresses))
		}
		s.addresses[number+base] = a
	}
	s.networkSets = s.networkSets || other.networkSets
}
