package network

import (
	"slices"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/workload"
)

// DanglingKind is what does not lead anywhere.
type DanglingKind uint8

// The kinds.
const (
	NoWorkload DanglingKind = iota // a policy that selects no workload
	NoPeer                         // a peer that no workload is
	NoPort                         // a port that no selected container declares
)

// Dangling is a part of a policy that matches nothing of what is known.
type Dangling struct {
	Object int
	Kind   DanglingKind
	// Path leads to the part: "spec.ingress[0].from[1]".
	Path    string
	Message string
	// Elsewhere says that the namespaces which are meant have no workloads here at all, so that they are likely to be declared elsewhere, or that
	// an operator makes pods there whose labels are not known.
	Elsewhere bool
}

// Dangling returns what policies name and what is not there, in the order of the policies.
func (a *Analysis) Dangling() []Dangling {
	var out []Dangling
	opened := map[int32]*declared{}
	for i := range a.policies {
		p := &a.policies[i]
		if p.Opaque != "" {
			continue
		}
		subject := p.subject
		if len(a.members[subject]) == 0 {
			out = append(out, Dangling{p.Object, NoWorkload, subjectPath(p), "selects no workload: there are no " + p.Subject.String(), a.elsewhere(&p.Subject)})
			continue
		}
		for _, d := range [...]Direction{Ingress, Egress} {
			list := p.rules(d).List
			for k := range list {
				out = a.danglingPeers(out, p, &list[k])
				out = a.danglingPorts(out, p, &list[k], d, subject, opened)
			}
		}
	}
	return out
}

func subjectPath(p *Policy) string {
	switch {
	case p.API.admin():
		return "spec.subject"
	case p.API.cilium():
		return "spec.endpointSelector"
	case p.API.calico():
		return "spec.selector"
	}
	return "spec.podSelector"
}

// elsewhere reports whether none of the namespaces of a selection have workloads here, or one of them has pods that an operator makes.
func (a *Analysis) elsewhere(s *Selection) bool {
	if s.nothing {
		return false
	}
	namespaces := a.finder.selected(s)
	return len(namespaces) == 0 || slices.ContainsFunc(namespaces, a.index.Operated)
}

func (a *Analysis) danglingPeers(out []Dangling, p *Policy, r *Rule) []Dangling {
	for i := range r.Peers {
		peer := &r.Peers[i]
		if peer.Kind == Pods && len(a.members[peer.sel]) == 0 {
			out = append(out, Dangling{p.Object, NoPeer, peer.Path, "matches no workload: there are no " + peer.Selection.String(), a.elsewhere(&peer.Selection)})
		}
	}
	return out
}

// declared is what the containers of some workloads declare.
type declared struct {
	ports  Ports
	names  map[string]Ports
	silent bool // some workload declares no ports, so that it may listen on any
}

func (a *Analysis) declares(selection int32, cache map[int32]*declared) *declared {
	if d, ok := cache[selection]; ok {
		return d
	}
	d := &declared{names: map[string]Ports{}}
	cache[selection] = d
	for _, c := range a.members[selection] {
		for _, i := range a.classes[c].Workloads {
			ports := 0
			for _, p := range containerPorts(&a.workloads.Workloads[i]) {
				ports++
				if protocol, ok := ParseProtocol(p.Protocol); ok && !d.ports.Has(protocol, p.Number) {
					d.ports = d.ports.Union(PortsOf(protocol, p.Number, p.Number))
				}
				if p.Name != "" {
					protocol, _ := ParseProtocol(p.Protocol)
					d.names[p.Name] = d.names[p.Name].Union(PortsOf(protocol, p.Number, p.Number))
				}
			}
			d.silent = d.silent || ports == 0
		}
	}
	return d
}

// containerPorts returns the ports of the containers that stay: regular ones and sidecars.
func containerPorts(w *workload.Workload) []workload.Port {
	var out []workload.Port
	for i := range w.Containers {
		if c := &w.Containers[i]; c.Sort == object.Regular || c.Sort == object.Sidecar {
			out = append(out, c.Ports...)
		}
	}
	return out
}

func (a *Analysis) danglingPorts(out []Dangling, p *Policy, r *Rule, d Direction, subject int32, cache map[int32]*declared) []Dangling {
	var of []*declared
	if d == Ingress {
		of = append(of, a.declares(subject, cache))
	} else {
		for i := range r.Peers {
			if r.Peers[i].Kind != Pods || len(a.members[r.Peers[i].sel]) == 0 {
				return out // what the others listen on is not known
			}
			of = append(of, a.declares(r.Peers[i].sel, cache))
		}
		if r.AnyPeer || len(of) == 0 {
			return out
		}
	}
	for i := range r.Ports {
		m, found := &r.Ports[i], false
		for _, ports := range of {
			if m.Name != "" {
				found = found || !ports.names[m.Name].Intersect(m.Ports).Empty()
			} else {
				found = found || ports.silent || !ports.ports.Intersect(m.Ports).Empty()
			}
		}
		if !found && !m.Ports.Empty() {
			what := m.Ports.String()
			if m.Name != "" {
				what = "of the name " + m.Name
			}
			out = append(out, Dangling{Object: p.Object, Kind: NoPort, Path: m.Path, Message: "is a port that no container declares to which it leads: " + what})
		}
	}
	return out
}
