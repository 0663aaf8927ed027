package network

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

// Exposure is a way on which a workload is reached from outside of the cluster.
type Exposure struct {
	// Workload is the index of the workload.
	Workload int
	// How is LoadBalancer, NodePort, externalIPs, hostPort, hostNetwork, or the kind of the route: Ingress, HTTPRoute, Route,
	// VirtualService and so on.
	How string
	// Chain are the numbers of the objects on the way in, from the outside to the workload.
	Chain []int
	// Ports are those of the pods.
	Ports Ports
	// Hosts are the names under which a route offers it; none means any.
	Hosts []string
	// TLS says that the route ends TLS or passes it on.
	TLS bool
	// SourceRanges are the CIDRs to which a load balancer is limited.
	SourceRanges []string
	// Connections are the ports of Ports that network policies let through: of a route from the pods of its controller or gateway,
	// else from some address outside. A node that forwards traffic may put its own address in place of the client's; this is not
	// judged.
	Connections
}

// Verdict says whether network policies let the way in through: Denied if they block it on all ports.
func (e *Exposure) Verdict() Verdict {
	switch {
	case !e.Allowed.Empty():
		return Allowed
	case !e.Unknown.Empty():
		return Unknown
	}
	return Denied
}

// Exposed returns the ways in which workloads are reached from outside, in the order of the workloads. Controllers are the pods of
// ingress controllers and gateways, which send what comes by routes; with none given nothing is known of them, as of SomePod.
func (a *Analysis) Exposed(controllers ...Endpoint) []Exposure {
	if len(controllers) == 0 {
		controllers = []Endpoint{SomePod()}
	}
	x := &exposing{a: a, services: newServices(a), internet: map[int32]Connections{}, routed: map[int32]Connections{}, gateways: map[gatewayKey]int{}}
	for _, c := range controllers {
		x.controllers = append(x.controllers, a.party(c))
	}
	for i := range a.set.Gateways {
		g := &a.set.Gateways[i]
		x.gateways[gatewayKey{workload.Name{Namespace: g.Namespace, Name: g.Name}, g.Istio}] = g.Object
	}
	for i := range a.workloads.Services {
		x.service(&a.workloads.Services[i])
	}
	for i := range a.set.Routes {
		x.route(&a.set.Routes[i])
	}
	for i := range a.workloads.Workloads {
		x.host(i)
	}
	slices.SortStableFunc(x.out, func(e, f Exposure) int { return e.Workload - f.Workload })
	return x.out
}

type exposing struct {
	a                *Analysis
	services         *services
	controllers      []*party
	internet, routed map[int32]Connections // by type of pod
	gateways         map[gatewayKey]int
	out              []Exposure
}

// services finds services by name, and the workloads and ports behind them.
type services struct {
	a      *Analysis
	byName map[workload.Name]*workload.Service
}

func newServices(a *Analysis) *services {
	s := &services{a: a, byName: make(map[workload.Name]*workload.Service, len(a.workloads.Services))}
	for i := range a.workloads.Services {
		service := &a.workloads.Services[i]
		key := workload.Name{Namespace: service.Namespace, Name: service.Name}
		if s.byName[key] == nil {
			s.byName[key] = service
		}
	}
	return s
}

// workloads returns the workloads to which a service sends traffic, ascending.
func (s *services) workloads(service *workload.Service) []int {
	if len(service.Selector) == 0 || service.Type == "ExternalName" {
		return nil
	}
	var out []int
	for _, c := range s.a.finder.members(&Selection{Namespace: service.Namespace, Pods: label.Equals(service.Selector)}) {
		out = append(out, s.a.classes[c].Workloads...)
	}
	slices.Sort(out)
	return out
}

// target returns the ports of a workload's pods to which a port of a service leads; none if no container has a port of its name.
func target(p *workload.ServicePort, w *workload.Workload) Ports {
	protocol, ok := ParseProtocol(p.Protocol)
	if !ok {
		return Ports{}
	}
	if p.TargetName == "" {
		return PortsOf(protocol, p.Target, p.Target)
	}
	for _, c := range containerPorts(w) {
		if of, ok := ParseProtocol(c.Protocol); ok && of == protocol && c.Name == p.TargetName {
			return PortsOf(protocol, c.Number, c.Number)
		}
	}
	return Ports{}
}

// targets returns the ports of a workload's pods to which the chosen ports of a service lead.
func targets(service *workload.Service, w *workload.Workload, choose func(*workload.ServicePort) bool) Ports {
	var out Ports
	for i := range service.Ports {
		if p := &service.Ports[i]; choose == nil || choose(p) {
			out = out.Union(target(p, w))
		}
	}
	return out
}

func (x *exposing) add(e Exposure, from Connections) {
	e.Connections = Connections{from.Allowed.Intersect(e.Ports), from.Unknown.Intersect(e.Ports)}
	x.out = append(x.out, e)
}

// fromInternet returns what some address outside reaches.
func (x *exposing) fromInternet(i int) Connections {
	t := x.a.typeOf[x.a.classOf[i]]
	c, ok := x.internet[t]
	if !ok {
		for _, r := range x.a.outsiders(&x.a.types[t].party, Ingress) {
			c = Connections{c.Allowed.Union(r.Allowed), c.Unknown.Union(r.Unknown)}
		}
		c.Unknown = c.Unknown.Minus(c.Allowed)
		x.internet[t] = c
	}
	return c
}

// fromControllers returns what the controllers reach.
func (x *exposing) fromControllers(i int) Connections {
	t := x.a.typeOf[x.a.classOf[i]]
	c, ok := x.routed[t]
	if !ok {
		for _, from := range x.controllers {
			r := x.a.between(from, &x.a.types[t].party)
			c = Connections{c.Allowed.Union(r.Allowed), c.Unknown.Union(r.Unknown)}
		}
		c.Unknown = c.Unknown.Minus(c.Allowed)
		x.routed[t] = c
	}
	return c
}

func (x *exposing) service(s *workload.Service) {
	how := s.Type
	switch {
	case s.Type == "LoadBalancer" || s.Type == "NodePort":
	case len(s.ExternalIPs) > 0 && s.Type != "ExternalName":
		how = "externalIPs"
	default:
		return
	}
	for _, i := range x.services.workloads(s) {
		w := x.a.Workload(i)
		if ports := targets(s, w, nil); !ports.Empty() {
			x.add(Exposure{Workload: i, How: how, Chain: []int{s.Object, w.Object}, Ports: ports, SourceRanges: s.SourceRanges}, x.fromInternet(i))
		}
	}
}

func (x *exposing) route(r *Route) {
	if r.Kind == "VirtualService" && len(r.Parents) == 0 {
		return // for the mesh only
	}
	for k := range r.Backends {
		b := &r.Backends[k]
		s := x.services.byName[workload.Name{Namespace: b.Namespace, Name: b.Name}]
		if s == nil {
			continue
		}
		for _, i := range x.services.workloads(s) {
			w := x.a.Workload(i)
			if ports := targets(s, w, b.leads); !ports.Empty() {
				chain := append(x.gatewaysOf(r), r.Object, s.Object, w.Object)
				x.add(Exposure{Workload: i, How: r.Kind, Chain: chain, Ports: ports, Hosts: r.Hosts, TLS: r.TLS}, x.fromControllers(i))
			}
		}
	}
}

// leads reports whether a backend leads to a port of its service.
func (b *Backend) leads(p *workload.ServicePort) bool {
	switch {
	case b.Port == 0 && b.PortName == "":
		return true
	case b.TargetPort: // the port of the pods, or a port of the service by its name
		return b.Port != 0 && (p.Target == b.Port || p.Port == b.Port) || b.PortName != "" && (p.TargetName == b.PortName || p.Name == b.PortName)
	case b.PortName != "":
		return p.Name == b.PortName
	}
	return p.Port == b.Port
}

// gatewaysOf returns the objects of the gateways of a route that are known.
func (x *exposing) gatewaysOf(r *Route) []int {
	var out []int
	for _, p := range r.Parents {
		if object, ok := x.gateways[gatewayKey{workload.Name{Namespace: p.Namespace, Name: p.Name}, r.Kind == "VirtualService"}]; ok {
			out = append(out, object)
		}
	}
	return out
}

type gatewayKey struct {
	workload.Name
	istio bool
}

// host finds what a workload offers on its node.
func (x *exposing) host(i int) {
	w := x.a.Workload(i)
	var ports, hostPorts Ports
	for _, p := range containerPorts(w) {
		protocol, ok := ParseProtocol(p.Protocol)
		if !ok {
			continue
		}
		one := PortsOf(protocol, p.Number, p.Number)
		if ports = ports.Union(one); p.HostPort > 0 {
			hostPorts = hostPorts.Union(one)
		}
	}
	switch {
	case w.HostNetwork && !strings.EqualFold(w.Kind, "PodTemplate"):
		if ports.Empty() {
			ports = AllPorts()
		}
		x.add(Exposure{Workload: i, How: "hostNetwork", Chain: []int{w.Object}, Ports: ports}, Connections{Allowed: AllPorts()})
	case !hostPorts.Empty():
		x.add(Exposure{Workload: i, How: "hostPort", Chain: []int{w.Object}, Ports: hostPorts}, x.fromInternet(i))
	}
}
