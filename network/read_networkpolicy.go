package network

import (
	"net/netip"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// networkPolicy reads a NetworkPolicy as the API server defaults and validates it:
// https://github.com/kubernetes/kubernetes/tree/master/pkg/apis/networking (v1/defaults.go, validation/validation.go)
func (r *reader) networkPolicy(o *object.Object) {
	spec := o.Root.Get("spec")
	p := Policy{API: NetworkPolicy, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name")), Tier: Standard}
	r.fields(spec, "a NetworkPolicy's spec", "podSelector", "ingress", "egress", "policyTypes")
	p.Subject = Selection{Namespace: p.Namespace, Pods: r.selector(spec.Get("podSelector"))}
	if p.Subject.Pods.Impossible() {
		p.Subject.nothing = true
	}
	p.Ingress.List = r.networkRules(spec, "ingress", "from")
	p.Egress.List = r.networkRules(spec, "egress", "to")
	r.policyTypes(spec, &p)
	p.Ingress.Isolates, p.Egress.Isolates = p.Ingress.Applies, p.Egress.Applies
	r.add(p)
}

// policyTypes sets which directions the policy has to do with. Without policyTypes it is ingress, and egress if there is a rule for it.
func (r *reader) policyTypes(spec tree.Node, p *Policy) {
	types := r.list(spec, "policyTypes")
	if types.Len() == 0 {
		p.Ingress.Applies, p.Egress.Applies = true, len(p.Egress.List) > 0
	}
	for i, t := range types.Items() {
		switch {
		case i >= 2:
			r.refuse(t, "is one policy type too many: there are two")
			return
		case t.StrIs("Ingress"):
			p.Ingress.Applies = true
		case t.StrIs("Egress"):
			p.Egress.Applies = true
		default:
			r.refuse(t, "is "+quote(t.Text())+"; the policy types are Ingress and Egress")
		}
	}
	for _, d := range [...]struct {
		key   string
		rules *Rules
	}{{"ingress", &p.Ingress}, {"egress", &p.Egress}} {
		if len(d.rules.List) > 0 && !d.rules.Applies {
			r.flaw(spec.Get(d.key), "has no effect, as policyTypes does not have the direction")
		}
	}
}

func (r *reader) networkRules(spec tree.Node, key, peers string) []Rule {
	var out []Rule
	for i, n := range r.list(spec, key).Items() {
		path := item("spec."+key, i)
		rule := Rule{Path: path, Action: Allow}
		if n.Kind() != tree.Mapping && !n.IsNull() {
			r.refuse(n, "is a "+n.Kind().String()+", not a rule")
		}
		r.fields(n, "a rule for "+key, peers, "ports")
		list := r.list(n, peers)
		rule.AnyPeer = list.Len() == 0
		for k, peer := range list.Items() {
			rule.Peers = append(rule.Peers, r.networkPeer(peer, item(path+"."+peers, k)))
		}
		ports := r.list(n, "ports")
		rule.AnyPort = ports.Len() == 0
		for k, port := range ports.Items() {
			rule.Ports = append(rule.Ports, r.networkPort(port, item(path+".ports", k)))
		}
		out = append(out, rule)
	}
	return out
}

func (r *reader) networkPeer(n tree.Node, path string) Peer {
	peer := Peer{Path: path, Kind: Nobody}
	r.fields(n, "a peer", "podSelector", "namespaceSelector", "ipBlock")
	pods, namespaces, block := n.Get("podSelector"), n.Get("namespaceSelector"), n.Get("ipBlock")
	switch {
	case !set(pods) && !set(namespaces) && !set(block):
		r.refuse(n, "has to name a peer: podSelector, namespaceSelector or ipBlock; a rule for all peers has none")
	case set(block) && (set(pods) || set(namespaces)):
		r.refuse(n, "may not have both ipBlock and a selector; write them as two peers")
	case set(block):
		r.fields(block, "an ipBlock", "cidr", "except")
		cidr := block.Get("cidr")
		if !cidr.Exists() {
			r.refuse(block, "has no cidr")
			break
		}
		if prefix, ok := r.cidr(cidr); ok {
			peer.Kind, peer.Block = Block, prefix
			peer.Except = r.except(block, prefix)
		}
	default:
		peer.Kind = Pods
		peer.Selection.Pods = r.selector(pods)
		if set(namespaces) {
			peer.Selection.Namespaces = r.selector(namespaces)
		} else {
			peer.Selection.Namespace = r.object.EffectiveNamespace()
		}
	}
	return peer
}

func (r *reader) except(block tree.Node, of netip.Prefix) []netip.Prefix {
	var out []netip.Prefix
	for _, e := range r.list(block, "except").Items() {
		prefix, ok := r.cidr(e)
		switch {
		case !ok:
		case !of.Contains(prefix.Addr()) || prefix.Bits() <= of.Bits():
			r.refuse(e, "has to be within "+of.String()+", and smaller")
		default:
			out = append(out, prefix)
		}
	}
	return out
}

func (r *reader) networkPort(n tree.Node, path string) PortMatch {
	match := PortMatch{Path: path}
	r.fields(n, "a port", "protocol", "port", "endPort")
	protocol, ok := r.protocol(n.Get("protocol"))
	port, end := n.Get("port"), n.Get("endPort")
	switch {
	case !set(port):
		if set(end) {
			r.refuse(end, "needs a port to begin with")
		}
		if ok {
			match.Ports = PortsOf(protocol, 1, MaxPort)
		}
	case port.Type() == tree.Int || port.Kind() != tree.Scalar:
		first, valid := r.port(port)
		last := first
		if set(end) && valid {
			if last, valid = r.port(end); valid && last < first {
				r.refuse(end, "has to be at least as high as port")
			}
		}
		if ok && valid {
			match.Ports = PortsOf(protocol, first, last)
		}
	default:
		if _, isText := port.Str(); !isText {
			r.refuse(port, "has to be a number or the name of a port")
			break
		}
		if set(end) {
			r.refuse(end, "may not stand with the name of a port")
		}
		if name, valid := r.portName(port); ok && valid {
			match.Name, match.Ports = name, PortsOf(protocol, 1, MaxPort)
		}
	}
	return match
}
