package network

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Route leads traffic from outside of the cluster to services: an Ingress, a route of the Gateway API, an OpenShift Route, an Istio
// VirtualService.
type Route struct {
	Object          int
	Kind            string // Ingress, HTTPRoute, GRPCRoute, TLSRoute, TCPRoute, UDPRoute, Route, VirtualService
	Namespace, Name string
	// Class is the Ingress's class, from its spec or its annotation.
	Class string
	Hosts []string
	// TLS says that the route itself ends TLS, or passes it on: an Ingress's tls, a Route's tls.
	TLS bool
	// TLSHosts are the hosts of an Ingress's tls entries.
	TLSHosts []string
	// Backends are the services that it leads to, in the order in which they are named, each once.
	Backends []Backend
	// Parents are the gateways of a Gateway API route or a VirtualService.
	Parents []Parent
}

// String returns Kind namespace/name.
func (r *Route) String() string { return r.Kind + " " + r.Namespace + "/" + r.Name }

// Backend is a port of a service.
type Backend struct {
	Path            string // of the backend in the object
	Namespace, Name string
	// Port is the service's port, by number or by name; neither if the route does not say.
	Port     int
	PortName string
	// TargetPort says that Port or PortName is the port of the pods, as in an OpenShift Route.
	TargetPort bool
}

// Parent names a gateway.
type Parent struct {
	Namespace, Name, Section string
}

// Gateway is where traffic comes in: a Gateway of the Gateway API, or Istio's.
type Gateway struct {
	Object          int
	Istio           bool
	Namespace, Name string
	// Class is the gatewayClassName.
	Class     string
	Listeners []Listener
}

// Listener is a port of a gateway.
type Listener struct {
	Path, Name, Host, Protocol string
	Port                       int
	TLS                        bool
	// From says from which namespaces routes may attach: Same, All, Selector or None; "" for Istio's.
	From string
}

func (r *reader) ingress(o *object.Object) {
	spec, meta := o.Root.Get("spec"), o.Root.Get("metadata")
	route := r.route(o)
	if route.Class = object.Keep(spec.Get("ingressClassName")); route.Class == "" {
		route.Class = object.Keep(meta.Get("annotations").Get("kubernetes.io/ingress.class"))
	}
	for _, key := range [...]string{"defaultBackend", "backend"} {
		r.ingressBackend(&route, spec.Get(key))
	}
	for _, rule := range spec.Get("rules").Items() {
		route.host(rule.Get("host"))
		for _, p := range rule.Get("http").Get("paths").Items() {
			r.ingressBackend(&route, p.Get("backend"))
		}
	}
	route.TLS = spec.Get("tls").Len() > 0
	for _, t := range spec.Get("tls").Items() {
		for _, h := range t.Get("hosts").Items() {
			route.TLSHosts = append(route.TLSHosts, object.Keep(h))
		}
	}
	r.addRoute(route)
}

// addRoute keeps a route, each of its hosts and backends once.
func (r *reader) addRoute(route Route) {
	slices.Sort(route.Hosts)
	route.Hosts = slices.Compact(route.Hosts)
	type key struct {
		namespace, name, port string
		number                int
	}
	seen := make(map[key]bool, len(route.Backends))
	route.Backends = slices.DeleteFunc(route.Backends, func(b Backend) bool {
		k := key{b.Namespace, b.Name, b.PortName, b.Port}
		was := seen[k]
		seen[k] = true
		return was
	})
	r.set.Routes = append(r.set.Routes, route)
}

func (r *reader) route(o *object.Object) Route {
	return Route{Object: r.number, Kind: strings.Clone(o.Kind), Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name"))}
}

func (r *Route) host(n tree.Node) {
	if h := object.Keep(n); h != "" {
		r.Hosts = append(r.Hosts, h)
	}
}

// ingressBackend reads a backend of networking.k8s.io/v1, or of the v1beta1 before it.
func (r *reader) ingressBackend(route *Route, n tree.Node) {
	service := n.Get("service")
	b := Backend{Namespace: route.Namespace, Name: object.Keep(service.Get("name"))}
	switch port := service.Get("port"); {
	case b.Name != "":
		number, _ := port.Get("number").Int()
		b.Port, b.PortName = int(number), object.Keep(port.Get("name"))
	default:
		if b.Name = object.Keep(n.Get("serviceName")); b.Name == "" {
			return
		}
		b.portOf(n.Get("servicePort"))
	}
	b.Path = r.root.Path(n)
	route.Backends = append(route.Backends, b)
}

// portOf reads a port that is a number or a name.
func (b *Backend) portOf(n tree.Node) {
	if v, ok := n.Int(); ok {
		b.Port = int(v)
	} else {
		b.PortName = object.Keep(n)
	}
}

// entry reads the kinds of the Gateway API, of OpenShift and of Istio.
func (r *reader) entry(o *object.Object) {
	switch group := o.Group(); {
	case group == "route.openshift.io" && o.Kind == "Route":
		r.openShiftRoute(o)
	case group == "gateway.networking.k8s.io" && o.Kind == "Gateway":
		r.gateway(o)
	case group == "gateway.networking.k8s.io" && strings.HasSuffix(o.Kind, "Route"):
		r.gatewayRoute(o)
	case group == "networking.istio.io" && o.Kind == "Gateway":
		r.istioGateway(o)
	case group == "networking.istio.io" && o.Kind == "VirtualService":
		r.virtualService(o)
	}
}

func (r *reader) openShiftRoute(o *object.Object) {
	spec := o.Root.Get("spec")
	route := r.route(o)
	route.host(spec.Get("host"))
	route.TLS = set(spec.Get("tls"))
	targets := []tree.Node{spec.Get("to")}
	for _, n := range spec.Get("alternateBackends").Items() {
		targets = append(targets, n)
	}
	for _, n := range targets {
		name := object.Keep(n.Get("name"))
		if name == "" || set(n.Get("kind")) && !n.Get("kind").StrIs("Service") {
			continue
		}
		b := Backend{Path: r.root.Path(n), Namespace: route.Namespace, Name: name, TargetPort: true}
		b.portOf(spec.Get("port").Get("targetPort"))
		route.Backends = append(route.Backends, b)
	}
	r.addRoute(route)
}

func (r *reader) gateway(o *object.Object) {
	spec := o.Root.Get("spec")
	g := Gateway{Object: r.number, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name")), Class: object.Keep(spec.Get("gatewayClassName"))}
	for i, n := range spec.Get("listeners").Items() {
		port, _ := n.Get("port").Int()
		l := Listener{
			Path: item("spec.listeners", i), Name: object.Keep(n.Get("name")), Host: object.Keep(n.Get("hostname")), Protocol: object.Keep(n.Get("protocol")),
			Port: int(port), TLS: set(n.Get("tls")), From: object.Keep(n.Get("allowedRoutes").Get("namespaces").Get("from")),
		}
		if l.From == "" {
			l.From = "Same"
		}
		g.Listeners = append(g.Listeners, l)
	}
	r.set.Gateways = append(r.set.Gateways, g)
}

func (r *reader) gatewayRoute(o *object.Object) {
	spec := o.Root.Get("spec")
	route := r.route(o)
	for _, h := range spec.Get("hostnames").Items() {
		route.host(h)
	}
	for _, n := range spec.Get("parentRefs").Items() {
		if k := n.Get("kind"); set(k) && !k.StrIs("Gateway") {
			continue // a mesh's route for a service is no way in
		}
		p := Parent{Namespace: object.Keep(n.Get("namespace")), Name: object.Keep(n.Get("name")), Section: object.Keep(n.Get("sectionName"))}
		if p.Namespace == "" {
			p.Namespace = route.Namespace
		}
		route.Parents = append(route.Parents, p)
	}
	for _, rule := range spec.Get("rules").Items() {
		for _, n := range rule.Get("backendRefs").Items() {
			r.gatewayBackend(&route, n)
		}
		for _, f := range rule.Get("filters").Items() {
			r.gatewayBackend(&route, f.Get("requestMirror").Get("backendRef"))
		}
	}
	r.addRoute(route)
}

func (r *reader) gatewayBackend(route *Route, n tree.Node) {
	name := object.Keep(n.Get("name"))
	if name == "" || set(n.Get("kind")) && !n.Get("kind").StrIs("Service") {
		return
	}
	b := Backend{Path: r.root.Path(n), Namespace: object.Keep(n.Get("namespace")), Name: name}
	if b.Namespace == "" {
		b.Namespace = route.Namespace
	}
	b.portOf(n.Get("port"))
	route.Backends = append(route.Backends, b)
}

func (r *reader) istioGateway(o *object.Object) {
	spec := o.Root.Get("spec")
	g := Gateway{Object: r.number, Istio: true, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name"))}
	for i, n := range spec.Get("servers").Items() {
		port, _ := n.Get("port").Get("number").Int()
		for _, h := range n.Get("hosts").Items() {
			g.Listeners = append(g.Listeners, Listener{
				Path: item("spec.servers", i), Name: object.Keep(n.Get("port").Get("name")), Host: object.Keep(h),
				Protocol: object.Keep(n.Get("port").Get("protocol")), Port: int(port), TLS: set(n.Get("tls")),
			})
		}
	}
	r.set.Gateways = append(r.set.Gateways, g)
}

// virtualService reads where a VirtualService leads to; only one that names a gateway other than mesh is a way in.
func (r *reader) virtualService(o *object.Object) {
	spec := o.Root.Get("spec")
	route := r.route(o)
	for _, h := range spec.Get("hosts").Items() {
		route.host(h)
	}
	for _, n := range spec.Get("gateways").Items() {
		namespace, name, ok := strings.Cut(object.Keep(n), "/")
		if !ok {
			namespace, name = route.Namespace, namespace
		}
		if name != "mesh" {
			route.Parents = append(route.Parents, Parent{Namespace: namespace, Name: name})
		}
	}
	for _, key := range [...]string{"http", "tls", "tcp"} {
		for _, rule := range spec.Get(key).Items() {
			for _, n := range rule.Get("route").Items() {
				destination := n.Get("destination")
				parts := strings.SplitN(object.Keep(destination.Get("host")), ".", 3)
				b := Backend{Path: r.root.Path(destination), Namespace: route.Namespace, Name: parts[0]}
				if len(parts) > 2 && strings.HasPrefix(parts[2], "svc") {
					b.Namespace = parts[1]
				} else if len(parts) == 2 {
					b.Namespace = parts[1]
				}
				if b.Name == "" {
					continue
				}
				b.portOf(destination.Get("port").Get("number"))
				route.Backends = append(route.Backends, b)
			}
		}
	}
	r.addRoute(route)
}
