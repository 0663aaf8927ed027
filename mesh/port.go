package mesh

import (
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

// Effective returns which TLS a port of a workload's pods takes in fact: what the policies say if the pods are in a mesh and the
// port is not led around the proxy. Outside of a mesh a port takes plain text, which is Disable. port is the pod's port, not that
// of a Service.
func (a *Analysis) Effective(w *workload.Workload, port int) MTLS {
	return a.effective(w, a.Membership(w), port)
}

func (a *Analysis) effective(w *workload.Workload, m Membership, port int) MTLS {
	outside := MTLS{Mode: Disable, Decider: m.Object, Path: m.Path, Level: LevelOutside, Why: m.Why}
	switch m.Proxy {
	case NoProxy:
		return outside
	case ProxyIsUnknown:
		outside.Mode = Unknown
		return outside
	case GatewayProxy:
		return MTLS{Mode: Unknown, Decider: m.Object, Path: m.Path, Level: LevelWorkload, Why: m.Why + ": its Gateway objects decide"}
	case SidecarProxy:
		if around, ok := a.aroundSidecar(w, port); ok {
			return around
		}
		out := a.policy(w, port, false).mtls()
		if s := a.sidecarOf(w); out.Mode == Disable && s != nil {
			for _, in := range s.Ingress {
				if in.Port == port && in.ServerTLS != "" {
					out.Why = "its Sidecar " + s.String() + " ends TLS of callers outside of the mesh itself"
				}
			}
		}
		return out
	case AmbientProxy:
		if v, _ := w.Annotations.Get("ambient.istio.io/bypass-inbound-capture"); v == "true" {
			return bypass(w, "ambient.istio.io/bypass-inbound-capture", "ztunnel does not take its traffic")
		}
		return a.policy(w, port, true).mtls()
	case LinkerdProxy:
		return a.linkerdPort(w, port)
	}
	return MTLS{Mode: Unknown, Decider: Nobody}
}

func bypass(w *workload.Workload, annotation, why string) MTLS {
	return MTLS{Mode: Disable, Decider: w.Object, Path: place(w, "annotations", annotation), Level: LevelOutside, Why: why}
}

// The annotations that lead ports around the sidecar: https://istio.io/latest/docs/reference/config/annotations/
const (
	includeInbound = "traffic.sidecar.istio.io/includeInboundPorts"
	excludeInbound = "traffic.sidecar.istio.io/excludeInboundPorts"
)

// aroundSidecar reports a port that does not lead to the sidecar.
func (a *Analysis) aroundSidecar(w *workload.Workload, port int) (MTLS, bool) {
	switch port {
	case 15020, 15021, 15090: // telemetry and health: https://istio.io/latest/docs/ops/deployment/application-requirements/
		if !declares(w, port) {
			return MTLS{Mode: Disable, Decider: Nobody, Level: LevelOutside, Why: "the sidecar's own port for telemetry and health"}, true
		}
	}
	if v, ok := w.Annotations.Get(excludeInbound); ok && inPorts(v, port) {
		return bypass(w, excludeInbound, "the port is led around the sidecar"), true
	}
	if v, ok := w.Annotations.Get(includeInbound); ok && !inPorts(v, port) {
		return bypass(w, includeInbound, "the port is none of those that lead to the sidecar"), true
	}
	return MTLS{}, false
}

func declares(w *workload.Workload, port int) bool {
	for i := range w.Containers {
		if w.Containers[i].Name == "istio-proxy" {
			continue
		}
		for _, p := range w.Containers[i].Ports {
			if p.Number == port {
				return true
			}
		}
	}
	return false
}

// linkerdPort resolves a port as Linkerd's policy controller does: a Server for it replaces the default policy.
// https://linkerd.io/2/reference/authorization-policy/
func (a *Analysis) linkerdPort(w *workload.Workload, port int) MTLS {
	ns := a.index.Namespace(w.Namespace)
	annotation := func(key string) (value string, at MTLS, ok bool) {
		if v, ok := w.Annotations.Get(key); ok {
			return v, MTLS{Decider: w.Object, Path: place(w, "annotations", key), Level: LevelWorkload}, true
		}
		if ns == nil {
			return "", MTLS{}, false
		}
		v, ok := ns.Annotations.Get(key)
		return v, MTLS{Decider: ns.Object, Path: "metadata.annotations" + bracket(key), Level: LevelNamespace}, ok
	}
	if v, at, ok := annotation(linkerdSkip); ok && inPorts(v, port) {
		at.Mode, at.Level, at.Why = Disable, LevelOutside, "the port is led around the proxy"
		return at
	}
	if m, ok := a.linkerdServer(w, port); ok {
		return m
	}
	if v, at, ok := annotation(linkerdIdentity); ok && inPorts(v, port) {
		at.Mode, at.Level = Strict, LevelPort
		return at
	}
	if v, at, ok := annotation(linkerdInbound); ok {
		at.Mode, _ = linkerdMode(v)
		at.Why = "the default inbound policy is " + v
		return at
	}
	policy := a.options.LinkerdDefaultPolicy
	if policy == "" {
		policy = "all-unauthenticated"
	}
	mode, _ := linkerdMode(policy)
	return MTLS{Mode: mode, Decider: Nobody, Level: LevelDefault, Why: "the default inbound policy is " + policy}
}

// linkerdServer resolves a port that a Server is for. What no policy grants is refused, so that a port for which only callers with
// an identity are let in takes mutual TLS only.
func (a *Analysis) linkerdServer(w *workload.Workload, port int) (MTLS, bool) {
	var found []int
	a.servers[w.Namespace].matching(w.Labels, func(members []int) {
		for _, i := range members {
			if s := &a.set.Servers[i]; s.Port == port && port != 0 || s.PortName != "" && named(w, s.PortName, port) {
				found = append(found, i)
			}
		}
	})
	if len(found) == 0 {
		return MTLS{}, false
	}
	s := &a.set.Servers[found[0]]
	out := MTLS{Decider: s.Object, Path: s.Path, Level: LevelPort}
	if len(found) > 1 {
		out.Mode, out.Why = Unknown, "several Servers are for the port, which Linkerd refuses"
		return out, true
	}
	out.Mode, _ = linkerdMode(s.Access)
	if i := a.open[found[0]]; i >= 0 {
		g := &a.set.Grants[i]
		return MTLS{Mode: Permissive, Decider: g.Object, Path: g.Path, Level: LevelPort, Why: "callers without an identity are let in"}, true
	}
	return out, true
}

// indexGrants finds for every Server a policy that lets callers without an identity in.
func (a *Analysis) indexGrants() {
	byName, byNamespace := map[workload.Name]int{}, map[string]int{}
	first := func(m map[workload.Name]int, key workload.Name, i int) {
		if _, ok := m[key]; !ok {
			m[key] = i
		}
	}
	var selecting []int
	for i := range a.set.Grants {
		switch g := &a.set.Grants[i]; {
		case g.Identities || g.Route:
		case g.Namespaced:
			if _, ok := byNamespace[g.Namespace]; !ok {
				byNamespace[g.Namespace] = i
			}
		case g.Server != "":
			first(byName, workload.Name{Namespace: g.Namespace, Name: g.Server}, i)
		default:
			selecting = append(selecting, i)
		}
	}
	selections := selectAll(selecting, func(i *int) (string, label.Selector) { return a.set.Grants[*i].Namespace, a.set.Grants[*i].Servers })
	a.open = make([]int, len(a.set.Servers))
	for k := range a.set.Servers {
		s := &a.set.Servers[k]
		a.open[k] = -1
		least := func(i int, ok bool) {
			if ok && (a.open[k] < 0 || i < a.open[k]) {
				a.open[k] = i
			}
		}
		i, ok := byName[workload.Name{Namespace: s.Namespace, Name: s.Name}]
		least(i, ok)
		i, ok = byNamespace[s.Namespace]
		least(i, ok)
		selections[s.Namespace].matching(s.Labels, func(members []int) { least(selecting[members[0]], true) })
	}
}

func named(w *workload.Workload, name string, port int) bool {
	for i := range w.Containers {
		for _, p := range w.Containers[i].Ports {
			if p.Name == name && p.Number == port {
				return true
			}
		}
	}
	return false
}

// Listener returns what serves a port of a workload's sidecar, and the number of the object that declares it: a Sidecar's ingress,
// else a Service or a ServiceEntry that selects the pods. A port that nothing declares is passed through.
func (a *Analysis) Listener(w *workload.Workload, port int) (Listener, int) {
	if s := a.sidecarOf(w); s != nil && len(s.Ingress) > 0 {
		for _, in := range s.Ingress {
			if in.Port == port {
				return in.Listener, s.Object
			}
		}
		return Passthrough, s.Object
	}
	out, by := Passthrough, Nobody
	better := func(l Listener, object int) {
		if out == Passthrough || l == ListenerHTTP && out != ListenerHTTP {
			out, by = l, object
		}
	}
	a.services[w.Namespace].matching(w.Labels, func(members []int) {
		for _, i := range members {
			s := &a.cluster.Services[i]
			if len(s.Selector) == 0 {
				continue
			}
			for k := range s.Ports {
				if p := &s.Ports[k]; p.Protocol == "TCP" && a.targets(w, p, port) {
					better(serviceProtocol(p), s.Object)
				}
			}
		}
	})
	a.entries[w.Namespace].matching(w.Labels, func(members []int) {
		for _, i := range members {
			for _, p := range a.set.Entries[i].Ports {
				if p.Port == port {
					better(p.Listener, a.set.Entries[i].Object)
				}
			}
		}
	})
	return out, by
}

func (a *Analysis) targets(w *workload.Workload, p *workload.ServicePort, port int) bool {
	if p.TargetName != "" {
		return named(w, p.TargetName, port)
	}
	return p.Target == port
}

func serviceProtocol(p *workload.ServicePort) Listener {
	if p.AppProtocol != "" {
		return protocol(p.AppProtocol)
	}
	name, _, _ := strings.Cut(p.Name, "-")
	if strings.HasPrefix(p.Name, "grpc-web") {
		name = "grpc-web"
	}
	return protocol(name)
}

// sidecarOf returns the Sidecar that is in effect for a workload: one with a selector before one without, the oldest first.
func (a *Analysis) sidecarOf(w *workload.Workload) *Sidecar {
	var with, without []int
	a.sidecars[w.Namespace].matching(w.Labels, func(members []int) {
		for _, i := range members {
			if len(a.set.Sidecars[i].Selector) > 0 {
				with = append(with, i)
			} else {
				without = append(without, i)
			}
		}
	})
	list := with
	if len(list) == 0 {
		list = without
	}
	if len(list) == 0 {
		return nil
	}
	best := list[0]
	for _, i := range list {
		if age(&a.set.Sidecars[i].Meta, &a.set.Sidecars[best].Meta) < 0 {
			best = i
		}
	}
	return &a.set.Sidecars[best]
}

// Acceptance is what a port does with a connection.
type Acceptance string

// The answers to a connection.
const (
	Accepted         Acceptance = "accepted"
	Refused          Acceptance = "refused"
	AcceptanceHidden Acceptance = "unknown"
)

// Accepts returns what the proxy of a workload does with a connection in plain text or in mutual TLS to a port of its pods. A port
// without mutual TLS hands the bytes of a TLS connection on, unless it reads them as HTTP.
func (a *Analysis) Accepts(w *workload.Workload, port int, mutual bool) Acceptance {
	switch a.Effective(w, port).Mode {
	case Strict:
		if !mutual {
			return Refused
		}
	case Permissive:
	case Disable:
		if l, _ := a.Listener(w, port); mutual && l == ListenerHTTP && a.Membership(w).In() {
			return Refused
		}
	case Unset, Unknown:
		return AcceptanceHidden
	}
	return Accepted
}
