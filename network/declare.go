package network

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/kubeharden/kubeharden/label"
)

// callers drafts the paths of those who call a service; without any, of all pods of its namespace.
func (t *targetOf) callers(all chosenPorts) error {
	g, p := t.g, t.policy()
	calls := g.calls[t.key]
	if len(calls) == 0 {
		if p == nil {
			return nil
		}
		const why = "pods of the namespace, as no caller is known"
		p.allow(Ingress, why, []dpeer{{}}, all.ports)
		out := g.draft(t.s.Namespace, "allow-to-"+t.s.Name, 3, nil, "The pods of the namespace reach Service "+t.s.String()+".")
		out.allow(Egress, "Service "+t.s.String(), []dpeer{t.peer(t.s.Namespace)}, all.ports)
		g.declare(declaration{fromNamespaces: []string{t.s.Namespace}, to: t.to, ports: all.of})
		t.path("all pods of namespace "+t.s.Namespace, "no caller is known", all)
		return nil
	}
	for _, i := range calls {
		if i < 0 || i >= len(g.w.Workloads) {
			return fmt.Errorf("reading a call of %s by workload %d: there are %d workloads", t, i, len(g.w.Workloads))
		}
		w := &g.w.Workloads[i]
		if w.HostNetwork {
			continue // noted already
		}
		from := g.selectorOf(i)
		peer := dpeer{namespace: w.Namespace, pods: from}
		if w.Namespace == t.s.Namespace {
			peer.namespace = ""
		}
		if p != nil {
			p.allow(Ingress, w.String()+" calls it", []dpeer{peer}, all.ports)
		}
		if g.chosen[w.Namespace] {
			out := g.draft(w.Namespace, "allow-egress-"+w.Name, 3, from, w.String()+" reaches what it uses.")
			out.allow(Egress, "Service "+t.s.String()+", which it calls", []dpeer{t.peer(w.Namespace)}, all.ports)
		}
		g.declare(declaration{from: g.classes(&Selection{Namespace: w.Namespace, Pods: from}), to: t.to, ports: all.of})
		t.path(w.String(), "it calls the service", all)
	}
	return nil
}

// controllers drafts the paths of the controllers and gateways whose routes lead to a service.
func (t *targetOf) controllers() {
	for _, r := range t.g.routes[t.key] {
		if r.route.Kind == "VirtualService" && len(r.route.Parents) == 0 {
			continue
		}
		namespaces := t.g.controllersOf(r.route)
		if len(namespaces) == 0 {
			t.g.note("%s leads to Service %s, but which namespace sends its traffic is not known", r.route, t.s)
			continue
		}
		ports := t.choose(r.backend.leads)
		if len(ports.ports) == 0 {
			t.g.note("%s names a port that Service %s does not lead to", r.route, t.s)
			continue
		}
		for _, ns := range namespaces {
			why := r.route.String() + " leads to it"
			if p := t.policy(); p != nil {
				p.allow(Ingress, why, []dpeer{{namespace: ns}}, ports.ports)
			}
			if t.g.chosen[ns] {
				out := t.g.draft(ns, "allow-to-routes", 3, nil, "The controllers of this namespace reach what routes lead to.")
				out.allow(Egress, r.route.String()+" leads to Service "+t.s.String(), []dpeer{t.peer(ns)}, ports.ports)
			}
			t.g.declare(declaration{fromNamespaces: []string{ns}, to: t.to, ports: ports.of})
			t.path("all pods of namespace "+ns, why, ports)
		}
	}
}

// controllersOf returns the namespaces that send the traffic of a route.
func (g *generator) controllersOf(r *Route) []string {
	if ns := g.o.Controllers[r.Kind]; len(ns) > 0 {
		return ns
	}
	if ns := DefaultControllers(r.Kind); len(ns) > 0 {
		return ns
	}
	var out []string
	for _, p := range r.Parents {
		if !slices.Contains(out, p.Namespace) {
			out = append(out, p.Namespace)
		}
	}
	return out
}

// internet drafts the paths from outside to a service that is offered there.
func (t *targetOf) internet(all chosenPorts) {
	p := t.policy()
	if p == nil || t.s.Type != "LoadBalancer" && t.s.Type != "NodePort" && len(t.s.ExternalIPs) == 0 {
		return
	}
	networks := []netip.Prefix{netip.PrefixFrom(netip.IPv4Unspecified(), 0), netip.PrefixFrom(netip.IPv6Unspecified(), 0)}
	why := "Service " + t.s.String() + " is of type " + t.s.Type
	if len(t.s.SourceRanges) > 0 {
		networks, why = nil, why+", limited by loadBalancerSourceRanges"
		for _, s := range t.s.SourceRanges {
			if n, err := ParseCIDR(s); err == nil {
				networks = append(networks, n)
			} else {
				t.g.note("Service %s has %s among its loadBalancerSourceRanges, which is no CIDR", t.s, quote(s))
			}
		}
	}
	if len(networks) == 0 {
		return
	}
	peers := make([]dpeer, len(networks))
	for i, n := range networks {
		peers[i] = dpeer{cidr: n}
		t.g.declare(declaration{network: n, to: t.to, ports: all.of})
		t.path(n.String(), why, all)
	}
	p.allow(Ingress, why, peers, all.ports)
}

// declaration is a path as the proof sees it. It is made from what is declared, not from the policies.
type declaration struct {
	fromAny        bool
	fromNamespaces []string
	from           []int        // classes
	to             []int        // classes; none if it leads outside
	network        netip.Prefix // at the end that is no class
	ports          func(class int) Ports
}

func (g *generator) declare(d declaration) { g.declared = append(g.declared, d) }

// sources returns the classes at the beginning of a path, those that policies apply to.
func (g *generator) sources(d *declaration) []int {
	switch {
	case d.fromAny:
		return g.classes(&Selection{})
	case len(d.fromNamespaces) > 0:
		var out []int
		for _, ns := range d.fromNamespaces {
			out = append(out, g.classes(&Selection{Namespace: ns, Pods: label.Selector{}})...)
		}
		return out
	}
	return d.from
}
