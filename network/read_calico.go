package network

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// standardOrder is the order that Calico gives to the NetworkPolicies of Kubernetes among its own policies.
// https://docs.tigera.io/calico/latest/network-policy/get-started/calico-policy/calico-network-policy#order
const standardOrder = 1000

// calicoPolicy reads a NetworkPolicy or GlobalNetworkPolicy of Calico.
// https://docs.tigera.io/calico/latest/reference/resources/networkpolicy
func (r *reader) calicoPolicy(o *object.Object) {
	spec := o.Root.Get("spec")
	p := Policy{API: CalicoNetworkPolicy, Namespace: o.EffectiveNamespace(), Name: object.Keep(o.Root.Get("metadata").Get("name")), Tier: Standard, Order: math.Inf(1)}
	if o.Kind == "GlobalNetworkPolicy" {
		p.API, p.Namespace = CalicoGlobalNetworkPolicy, ""
	}
	p.Subject.Namespace = p.Namespace
	var err error
	if p.Subject.pods, err = parseExpression(spec.Get("selector").Text()); err != nil {
		r.refuse(spec.Get("selector"), "is no selector: "+err.Error())
	}
	if p.API == CalicoGlobalNetworkPolicy {
		if p.Subject.namespaces, err = parseExpression(spec.Get("namespaceSelector").Text()); err != nil {
			r.refuse(spec.Get("namespaceSelector"), "is no selector: "+err.Error())
		}
	}
	if order, ok := spec.Get("order").Float(); ok {
		p.Order = order
	}
	p.Opaque = calicoOpaque(spec, p.Order)
	p.Ingress.List = r.calicoRules(spec, "ingress", p.Namespace)
	p.Egress.List = r.calicoRules(spec, "egress", p.Namespace)
	r.calicoTypes(spec, &p)
	r.add(p)
}

// calicoOpaque says why the effect of a policy cannot be told.
func calicoOpaque(spec tree.Node, order float64) string {
	if tier := spec.Get("tier"); set(tier) && !tier.StrIs("default") && tier.Text() != "" {
		return strings.Clone("it is in the tier " + quote(tier.Text()) + ", whose order files do not tell")
	}
	if order == standardOrder {
		return "its order is 1000, which is that of all NetworkPolicies"
	}
	for _, key := range [...]string{"serviceAccountSelector", "doNotTrack", "preDNAT", "applyOnForward"} {
		if n := spec.Get(key); set(n) && n.Text() != "" && n.Text() != "false" {
			return key + " cannot be judged"
		}
	}
	return ""
}

// calicoTypes sets the directions: without types those that have rules, else ingress.
func (r *reader) calicoTypes(spec tree.Node, p *Policy) {
	for i, t := range r.list(spec, "types").Items() {
		switch {
		case t.StrIs("Ingress"):
			p.Ingress.Applies = true
		case t.StrIs("Egress"):
			p.Egress.Applies = true
		case i < maxFlaws:
			r.refuse(t, "is "+quote(t.Text())+"; the types are Ingress and Egress")
		}
	}
	if spec.Get("types").Len() == 0 {
		p.Egress.Applies = len(p.Egress.List) > 0
		p.Ingress.Applies = len(p.Ingress.List) > 0 || !p.Egress.Applies
	}
	p.Ingress.Isolates, p.Egress.Isolates = p.Ingress.Applies, p.Egress.Applies
}

func (r *reader) calicoRules(spec tree.Node, key, namespace string) []Rule {
	var out []Rule
	for i, n := range r.list(spec, key).Items() {
		rule := Rule{Path: item("spec."+key, i)}
		switch action := n.Get("action").Text(); action {
		case "Allow":
		case "Deny":
			rule.Action = Deny
		case "Pass":
			rule.Action = Pass
		case "Log":
			continue // goes on with the next rule
		default:
			r.refuse(at(n.Get("action"), n), "needs an action: Allow, Deny, Log or Pass")
		}
		remote, local, side := n.Get("source"), n.Get("destination"), "source"
		if key == "egress" {
			remote, local, side = local, remote, "destination"
		}
		r.calicoPeer(remote, rule.Path+"."+side, namespace, &rule)
		for _, field := range [...]string{"selector", "notSelector", "namespaceSelector", "nets", "notNets", "serviceAccounts", "services"} {
			if set(local.Get(field)) {
				rule.Doubt = "it also chooses among the pods of the policy (" + field + ")"
			}
		}
		if source := n.Get("source"); set(source.Get("ports")) || set(source.Get("notPorts")) {
			rule.Doubt = "it asks for the port of the source"
		}
		for _, field := range [...]string{"notProtocol", "icmp", "notICMP", "ipVersion", "http"} {
			if set(n.Get(field)) {
				rule.Doubt = field + " cannot be judged"
			}
		}
		r.calicoPorts(n, &rule)
		out = append(out, rule)
	}
	return out
}

// calicoPeer reads the side of a rule that is not the policy's own.
func (r *reader) calicoPeer(n tree.Node, path, namespace string, rule *Rule) {
	for _, field := range [...]string{"notSelector", "notNets", "serviceAccounts", "services", "domains"} {
		if set(n.Get(field)) {
			rule.Doubt = field + " cannot be judged"
		}
	}
	pods, namespaces, nets := n.Get("selector").Text(), n.Get("namespaceSelector").Text(), r.list(n, "nets")
	if nets.Len() > 0 {
		if pods != "" || namespaces != "" {
			rule.Doubt = "it has nets and a selector"
		}
		for i, c := range nets.Items() {
			if prefix, ok := r.cidr(c); ok {
				rule.Peers = append(rule.Peers, Peer{Path: item(path+".nets", i), Kind: Block, Block: prefix})
			}
		}
		return
	}
	if pods == "" && namespaces == "" {
		rule.AnyPeer = true
		return
	}
	peer := Peer{Path: path, Kind: Pods}
	var err error
	if peer.Selection.pods, err = parseExpression(pods); err != nil {
		r.refuse(n.Get("selector"), "is no selector: "+err.Error())
	}
	switch {
	case strings.Contains(namespaces, "global()"):
		peer.Kind = Obscure // only what is in no namespace
	case namespaces != "":
		if peer.Selection.namespaces, err = parseExpression(namespaces); err != nil {
			r.refuse(n.Get("namespaceSelector"), "is no selector: "+err.Error())
		}
	default:
		peer.Selection.Namespace = namespace
	}
	rule.Peers = append(rule.Peers, peer)
}

func (r *reader) calicoPorts(n tree.Node, rule *Rule) {
	destination := n.Get("destination")
	if set(destination.Get("notPorts")) {
		rule.Doubt = "notPorts cannot be judged"
	}
	of := []Protocol{TCP, UDP, SCTP}
	if p := n.Get("protocol"); set(p) {
		switch strings.ToUpper(p.Text()) {
		case "TCP", "6":
			of = of[:1]
		case "UDP", "17":
			of = of[1:2]
		case "SCTP", "132":
			of = of[2:]
		default:
			of = nil // ICMP and others have no ports
		}
	}
	ports := r.list(destination, "ports")
	if ports.Len() == 0 {
		match := PortMatch{Path: rule.Path}
		for _, p := range of {
			match.Ports = match.Ports.Union(PortsOf(p, 1, MaxPort))
		}
		rule.AnyPort = match.Ports.All()
		rule.Ports = []PortMatch{match}
		return
	}
	for i, port := range ports.Items() {
		match := PortMatch{Path: item(rule.Path+".destination.ports", i)}
		var first, last int
		var err error
		if from, to, ok := strings.Cut(port.Text(), ":"); ok {
			if first, err = parsePort(from); err == nil {
				last, err = parsePort(to)
			}
			if err != nil {
				r.refuse(port, "is no range of ports")
				continue
			}
		} else if first, err = parsePort(port.Text()); err != nil {
			match.Name, first, last = object.Keep(port), 1, MaxPort
		} else {
			last = first
		}
		for _, p := range of {
			match.Ports = match.Ports.Union(PortsOf(p, first, last))
		}
		rule.Ports = append(rule.Ports, match)
	}
}

func parsePort(s string) (int, error) {
	v, err := strconv.Atoi(s)
	if err != nil || v < 0 || v > MaxPort {
		return 0, fmt.Errorf("reading port %q: no number between 0 and 65535", s)
	}
	return v, nil
}
