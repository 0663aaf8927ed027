package network

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// adminPolicy reads the policies of sigs.k8s.io/network-policy-api: AdminNetworkPolicy and BaselineAdminNetworkPolicy
// (v1alpha1), ClusterNetworkPolicy (v1alpha2, v1beta1).
func (r *reader) adminPolicy(o *object.Object) {
	spec := o.Root.Get("spec")
	p := Policy{Name: object.Keep(o.Root.Get("metadata").Get("name")), Tier: Admin}
	known := []string{"priority", "subject", "ingress", "egress"}
	switch o.Kind {
	case "AdminNetworkPolicy":
		p.API = AdminNetworkPolicy
	case "BaselineAdminNetworkPolicy":
		p.API, p.Tier, known = BaselineAdminNetworkPolicy, Baseline, known[1:]
		if p.Name != "default" {
			r.refuse(at(o.Root.Get("metadata").Get("name"), o.Root), "has to be default: there is only one BaselineAdminNetworkPolicy")
		}
	case "ClusterNetworkPolicy":
		p.API = ClusterNetworkPolicy
		known = append(known, "tier")
		switch tier := spec.Get("tier"); {
		case tier.StrIs("Admin"):
		case tier.StrIs("Baseline"):
			p.Tier = Baseline
		default:
			r.refuse(at(tier, spec), "needs a tier: Admin or Baseline")
		}
	default:
		return
	}
	r.fields(spec, "the spec", known...)
	if p.API != BaselineAdminNetworkPolicy {
		if v, ok := spec.Get("priority").Int(); ok && v >= 0 && v <= 1000 {
			p.Order = float64(v)
		} else {
			r.refuse(at(spec.Get("priority"), spec), "needs a priority between 0 and 1000")
		}
	}
	p.Subject = r.podsOf(at(spec.Get("subject"), spec), spec.Get("subject"), "a subject")
	p.Ingress.List = r.adminRules(spec, "ingress", "from", p.API)
	p.Egress.List = r.adminRules(spec, "egress", "to", p.API)
	p.Ingress.Applies, p.Egress.Applies = len(p.Ingress.List) > 0, len(p.Egress.List) > 0
	r.add(p)
}

// at returns a node, or where it belongs if it is missing.
func at(n, parent tree.Node) tree.Node {
	if n.Exists() {
		return n
	}
	return parent
}

// podsOf reads a subject or peer that selects pods by namespaces or pods, exactly one of them.
// The namespaceSelector of pods may be left out in a ClusterNetworkPolicy.
func (r *reader) podsOf(where, n tree.Node, what string) Selection {
	optional := r.object.Kind == "ClusterNetworkPolicy"
	namespaces, pods := n.Get("namespaces"), n.Get("pods")
	switch {
	case set(namespaces) == set(pods):
		r.refuse(where, "has to have exactly one of namespaces and pods")
		return Selection{nothing: true}
	case set(namespaces):
		return possible(Selection{Namespaces: r.selector(namespaces)})
	}
	r.fields(pods, "pods of "+what, "namespaceSelector", "podSelector")
	for _, key := range [...]string{"namespaceSelector", "podSelector"} {
		if !set(pods.Get(key)) && (key == "podSelector" || !optional) {
			r.refuse(pods, "has no "+key)
		}
	}
	return possible(Selection{Namespaces: r.selector(pods.Get("namespaceSelector")), Pods: r.selector(pods.Get("podSelector"))})
}

// possible marks a selection that has a part which selects nothing.
func possible(s Selection) Selection {
	s.nothing = s.nothing || s.Namespaces.Impossible() || s.Pods.Impossible()
	return s
}

func (r *reader) adminRules(spec tree.Node, key, peers string, api API) []Rule {
	var out []Rule
	most, ports := 100, "ports"
	if api == ClusterNetworkPolicy {
		most, ports = 25, "protocols"
	}
	for i, n := range r.list(spec, key).Items() {
		if i == most {
			r.refuse(n, "is one rule too many")
		}
		rule := Rule{Path: item("spec."+key, i), Name: object.Keep(n.Get("name")), Action: r.adminAction(n, api)}
		if len(rule.Name) > 100 {
			r.refuse(n.Get("name"), "is longer than 100 characters")
		}
		r.fields(n, "a rule for "+key, "name", "action", peers, ports)
		list := r.list(n, peers)
		if list.Len() == 0 {
			r.refuse(at(list, n), "needs at least one peer in "+peers)
		}
		for k, peer := range list.Items() {
			rule.Peers = append(rule.Peers, r.adminPeers(peer, item(rule.Path+"."+peers, k), &rule, key)...)
		}
		list = r.list(n, ports)
		rule.AnyPort = !set(list)
		if !rule.AnyPort && list.Len() == 0 {
			r.refuse(list, "needs at least one entry, or has to be left out")
		}
		for k, port := range list.Items() {
			if api == ClusterNetworkPolicy {
				rule.Ports = append(rule.Ports, r.clusterPort(port, item(rule.Path+"."+ports, k)))
			} else {
				rule.Ports = append(rule.Ports, r.adminPort(port, item(rule.Path+"."+ports, k)))
			}
		}
		r.namedPortOfAddresses(n, &rule)
		out = append(out, rule)
	}
	return out
}

// namedPortOfAddresses refuses named ports beside peers that have none.
func (r *reader) namedPortOfAddresses(n tree.Node, rule *Rule) {
	named := slices.ContainsFunc(rule.Ports, func(p PortMatch) bool { return p.Name != "" })
	if named && slices.ContainsFunc(rule.Peers, func(p Peer) bool { return p.Kind == Block || p.Kind == Nodes || p.Kind == Obscure }) {
		r.refuse(n, "may not have a named port, as networks, nodes and domainNames have no names for ports")
	}
}

func (r *reader) adminAction(n tree.Node, api API) Action {
	action, allow := n.Get("action"), "Allow"
	if api == ClusterNetworkPolicy {
		allow = "Accept"
	}
	switch {
	case action.StrIs(allow):
		return Allow
	case action.StrIs("Deny"):
		return Deny
	case action.StrIs("Pass") && api != BaselineAdminNetworkPolicy:
		return Pass
	case api == BaselineAdminNetworkPolicy:
		r.refuse(at(action, n), "needs an action: Allow or Deny")
	default:
		r.refuse(at(action, n), "needs an action: "+allow+", Deny or Pass")
	}
	return Deny
}

// adminPeers reads a peer; networks give one peer for each CIDR.
func (r *reader) adminPeers(n tree.Node, path string, rule *Rule, key string) []Peer {
	known := []string{"namespaces", "pods"}
	if key == "egress" {
		known = append(known, "nodes", "networks", "domainNames")
	}
	r.fields(n, "a peer of an "+key+" rule", known...)
	peer := Peer{Path: path, Kind: Nobody}
	count := 0
	for _, field := range known {
		if set(n.Get(field)) {
			count++
		}
	}
	if count != 1 {
		r.refuse(n, "has to have exactly one of "+list(known))
		return []Peer{peer}
	}
	switch {
	case key == "egress" && set(n.Get("networks")):
		var out []Peer
		for _, c := range r.list(n, "networks").Items() {
			if prefix, ok := r.cidr(c); ok {
				out = append(out, Peer{Path: path, Kind: Block, Block: prefix})
			}
		}
		return out
	case key == "egress" && set(n.Get("nodes")):
		r.selector(n.Get("nodes"))
		peer.Kind = Nodes
	case key == "egress" && set(n.Get("domainNames")):
		if rule.Action != Allow {
			r.refuse(n.Get("domainNames"), "may only stand in a rule that allows")
		}
		peer.Kind = Obscure
	default:
		peer.Kind, peer.Selection = Pods, r.podsOf(n, n, "a peer")
	}
	return []Peer{peer}
}

func list(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func (r *reader) adminPort(n tree.Node, path string) PortMatch {
	match := PortMatch{Path: path}
	r.fields(n, "a port", "portNumber", "namedPort", "portRange")
	if n.Len() != 1 {
		r.refuse(n, "has to have exactly one of portNumber, namedPort and portRange")
		return match
	}
	number, span := n.Get("portNumber"), n.Get("portRange")
	switch {
	case set(number):
		r.fields(number, "a portNumber", "protocol", "port")
		protocol, ok := r.protocol(number.Get("protocol"))
		if port, valid := r.port(at(number.Get("port"), number)); ok && valid {
			match.Ports = PortsOf(protocol, port, port)
		}
	case set(span):
		r.fields(span, "a portRange", "protocol", "start", "end")
		protocol, ok := r.protocol(span.Get("protocol"))
		if ports, valid := r.span(span, protocol); ok && valid {
			match.Ports = ports
		}
	case set(n.Get("namedPort")):
		match.Name, match.Ports = object.Keep(n.Get("namedPort")), AllPorts()
	}
	return match
}

// span reads start and end.
func (r *reader) span(n tree.Node, protocol Protocol) (Ports, bool) {
	first, ok := r.port(at(n.Get("start"), n))
	last, valid := r.port(at(n.Get("end"), n))
	if !ok || !valid {
		return Ports{}, false
	}
	if first >= last {
		r.refuse(n, "has to have a start that is less than its end")
		return Ports{}, false
	}
	return PortsOf(protocol, first, last), true
}

func (r *reader) clusterPort(n tree.Node, path string) PortMatch {
	match := PortMatch{Path: path}
	r.fields(n, "an entry of protocols", "tcp", "udp", "sctp", "destinationNamedPort")
	if n.Len() != 1 {
		r.refuse(n, "has to have exactly one of tcp, udp, sctp and destinationNamedPort")
		return match
	}
	for p, key := range [...]string{"tcp", "udp", "sctp"} {
		of := n.Get(key)
		if !set(of) {
			continue
		}
		protocol := Protocol(p) //nolint:gosec // 0 to 2
		r.fields(of, "a protocol", "destinationPort")
		port := of.Get("destinationPort")
		r.fields(port, "a destinationPort", "number", "range")
		switch {
		case port.Len() != 1:
			r.refuse(at(port, of), "has to have a destinationPort with exactly one of number and range")
		case set(port.Get("range")):
			match.Ports, _ = r.span(port.Get("range"), protocol)
		default:
			if number, ok := r.port(port.Get("number")); ok {
				match.Ports = PortsOf(protocol, number, number)
			}
		}
	}
	if name := n.Get("destinationNamedPort"); set(name) {
		match.Name, match.Ports = object.Keep(name), AllPorts()
	}
	return match
}
