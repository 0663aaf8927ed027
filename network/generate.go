package network

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/workload"
)

// Call says that a workload uses a service.
type Call struct {
	From int // index of the workload in the set
	To   workload.Name
}

// Need is something outside of the cluster that a workload uses.
type Need struct {
	From     int // index of the workload in the set
	Network  netip.Prefix
	Protocol Protocol
	Port     int // 0 for all
}

// GenerateOptions say what is declared beyond the manifests.
type GenerateOptions struct {
	// Namespaces get policies; with none given all that have workloads.
	Namespaces []string
	Calls      []Call
	Needs      []Need
	// Controllers are the namespaces of what sends the traffic of routes, by the route's kind (Ingress, HTTPRoute, Route,
	// VirtualService and so on). With none given they are those of DefaultControllers.
	Controllers map[string][]string
	// DNSNamespace and DNSLabels select the pods of the cluster's DNS; with none given kube-system and k8s-app: kube-dns.
	DNSNamespace string
	DNSLabels    label.Set
}

// DefaultControllers returns where the usual controllers are: ingress-nginx; OpenShift's router; Istio's gateways.
func DefaultControllers(kind string) []string {
	switch kind {
	case "Ingress":
		return []string{"ingress-nginx"}
	case "Route":
		return []string{"openshift-ingress"}
	case "VirtualService":
		return []string{"istio-ingress", "istio-system"}
	}
	return nil // of the Gateway API: the namespaces of the gateways
}

// Generated is one policy.
type Generated struct {
	Namespace, Name string
	// Text is the policy as YAML, with comments that say why each rule is there.
	Text string
}

// Path is a declared way of traffic.
type Path struct {
	// From and To say who: "all pods of namespace shop", "Deployment/shop/web", "0.0.0.0/0".
	From, To string
	Ports    Ports
	Why      string
}

// GenerateReport says what was taken for declared and what could not be done.
type GenerateReport struct {
	Paths []Path
	// Notes are what people have to know: workloads that policies do not reach, services that lead nowhere, and existing policies that
	// would deny a declared path.
	Notes []string
	// Proved is how many pairs of classes were found to reach each other just as declared.
	Proved int
}

// GeneratePolicies makes NetworkPolicies that deny by default in both directions, in every namespace with workloads or those chosen,
// and allow what is declared:
//
//   - the pods of a service, on the ports that it leads to, are reached by the workloads that call it, or if no call is known, by all
//     pods of its namespace;
//   - by the namespaces of the controllers, if a route leads to the service;
//   - by all addresses, or the loadBalancerSourceRanges, if it is a LoadBalancer or NodePort or has external IPs;
//   - every pod reaches the cluster's DNS on port 53, and the other end of each of these paths;
//   - workloads reach what they need outside.
//
// Nothing else is allowed: the API server, for one, has to be among the needs. Probes of the kubelet come from the pod's own node, which
// always reaches it. The policies are read again and analysed: unless all that is declared works, and nothing else does, the result is
// an error.
func GeneratePolicies(set *Set, w *workload.Set, o GenerateOptions) ([]Generated, *GenerateReport, error) {
	g := newGenerator(set, w, o)
	g.defaults()
	for i := range w.Services {
		if err := g.service(&w.Services[i]); err != nil {
			return nil, nil, err
		}
	}
	if err := g.needs(); err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(g.policies, func(p, q *draft) int {
		return cmp.Or(cmp.Compare(p.namespace, q.namespace), cmp.Compare(p.rank, q.rank), cmp.Compare(p.name, q.name))
	})
	out := make([]Generated, 0, len(g.policies))
	for _, p := range g.policies {
		out = append(out, Generated{p.namespace, p.name, p.text()})
	}
	if err := g.prove(out); err != nil {
		return nil, nil, fmt.Errorf("proving the generated network policies: %w", err)
	}
	g.conflicts(out)
	return out, &g.report, nil
}

type generator struct {
	set      *Set
	w        *workload.Set
	o        GenerateOptions
	a        *Analysis // of the workloads, without policies
	services *services
	chosen   map[string]bool
	policies []*draft
	byKey    map[string]*draft
	routes   map[workload.Name][]routeTo
	calls    map[workload.Name][]int
	declared []declaration
	report   GenerateReport
}

// routeTo is a backend of a route.
type routeTo struct {
	route   *Route
	backend *Backend
}

func newGenerator(set *Set, w *workload.Set, o GenerateOptions) *generator {
	g := &generator{
		set: set, w: w, o: o, a: New(&Set{}, w), chosen: map[string]bool{}, byKey: map[string]*draft{},
		routes: map[workload.Name][]routeTo{}, calls: map[workload.Name][]int{},
	}
	g.services = newServices(g.a)
	if g.o.DNSNamespace == "" {
		g.o.DNSNamespace = "kube-system"
	}
	if len(g.o.DNSLabels) == 0 {
		g.o.DNSLabels = label.Set{{Key: "k8s-app", Value: "kube-dns"}}
	}
	for _, ns := range o.Namespaces {
		g.chosen[ns] = true
	}
	for i := range w.Workloads {
		if len(o.Namespaces) == 0 {
			g.chosen[w.Workloads[i].Namespace] = true
		}
		if w.Workloads[i].HostNetwork && g.chosen[w.Workloads[i].Namespace] {
			g.note("%s has hostNetwork: policies do not apply to it, and no rule can name it", &w.Workloads[i])
		}
	}
	for i := range set.Routes {
		for k := range set.Routes[i].Backends {
			b := &set.Routes[i].Backends[k]
			key := workload.Name{Namespace: b.Namespace, Name: b.Name}
			g.routes[key] = append(g.routes[key], routeTo{&set.Routes[i], b})
		}
	}
	for _, c := range o.Calls {
		if !slices.Contains(g.calls[c.To], c.From) {
			g.calls[c.To] = append(g.calls[c.To], c.From)
		}
	}
	return g
}

func (g *generator) note(format string, args ...any) {
	g.report.Notes = append(g.report.Notes, fmt.Sprintf(format, args...))
}

// defaults drafts the default deny of each namespace, and DNS.
func (g *generator) defaults() {
	dns := dpeer{namespace: g.o.DNSNamespace, pods: label.Equals(g.o.DNSLabels)}
	ports := []dport{{UDP, 53, ""}, {TCP, 53, ""}}
	both := PortsOf(UDP, 53, 53).Union(PortsOf(TCP, 53, 53))
	for _, ns := range slices.Sorted(maps.Keys(g.chosen)) {
		p := g.draft(ns, "default-deny", 0, nil, "What no other policy allows is denied, in both directions, for every pod of the namespace.")
		p.ingress, p.egress = true, true
		p = g.draft(ns, "allow-dns", 1, nil, "Every pod may look up names.")
		p.allow(Egress, "the cluster's DNS", []dpeer{dns}, ports)
	}
	to := g.classes(&Selection{Namespace: g.o.DNSNamespace, Pods: label.Equals(g.o.DNSLabels)})
	g.declare(declaration{fromAny: true, to: to, ports: func(int) Ports { return both }})
	g.report.Paths = append(g.report.Paths, Path{"all pods", dns.String(), both, "names have to be looked up"})
	if g.chosen[g.o.DNSNamespace] {
		p := g.draft(g.o.DNSNamespace, "allow-dns-server", 1, label.Equals(g.o.DNSLabels), "Pods of all namespaces look up names here.")
		p.allow(Ingress, "all pods", []dpeer{{everywhere: true}}, ports)
	}
}

// classes returns the classes of workloads of a selection that policies apply to.
func (g *generator) classes(s *Selection) []int {
	var out []int
	for _, c := range g.a.finder.members(s) {
		if !g.a.classes[c].HostNetwork {
			out = append(out, int(c))
		}
	}
	return out
}

// service drafts the policies around one service.
func (g *generator) service(s *workload.Service) error {
	key := workload.Name{Namespace: s.Namespace, Name: s.Name}
	if g.services.byName[key] != s || s.Type == "ExternalName" || len(s.Selector) == 0 {
		return nil
	}
	t := &targetOf{g: g, s: s, key: key, selector: label.Equals(s.Selector)}
	t.to = g.classes(&Selection{Namespace: s.Namespace, Pods: t.selector})
	if len(t.to) == 0 {
		if g.chosen[s.Namespace] {
			g.note("Service %s leads to no workload", s)
		}
		return nil
	}
	all := t.choose(nil)
	if len(all.ports) == 0 {
		if g.chosen[s.Namespace] {
			g.note("Service %s leads to no port of its workloads", s)
		}
		return nil
	}
	if err := t.callers(all); err != nil {
		return err
	}
	t.controllers()
	t.internet(all)
	return nil
}

// needs drafts the policies for what is needed outside.
func (g *generator) needs() error {
	for _, n := range g.o.Needs {
		if n.From < 0 || n.From >= len(g.w.Workloads) {
			return fmt.Errorf("reading the need of workload %d: there are %d workloads", n.From, len(g.w.Workloads))
		}
		w := &g.w.Workloads[n.From]
		if !g.chosen[w.Namespace] || w.HostNetwork {
			continue
		}
		ports, port := AllPorts(), []dport(nil)
		if n.Port != 0 {
			ports, port = PortsOf(n.Protocol, n.Port, n.Port), []dport{{n.Protocol, n.Port, ""}}
		}
		from := g.selectorOf(n.From)
		p := g.draft(w.Namespace, "allow-egress-"+w.Name, 3, from, w.String()+" reaches what it uses.")
		p.allow(Egress, "needed outside", []dpeer{{cidr: n.Network.Masked()}}, port)
		g.declare(declaration{from: g.classes(&Selection{Namespace: w.Namespace, Pods: from}), network: n.Network.Masked(), ports: func(int) Ports { return ports }})
		g.report.Paths = append(g.report.Paths, Path{w.String(), n.Network.Masked().String(), ports, "it is needed"})
	}
	return nil
}
