package network_test

import (
	"net/netip"
	"slices"
)

// What follows evaluates the specifications of the policies the slow and plain way: pod by pod, port by port, rule by rule. It shares
// nothing with the package, its own model of policies included.

type naivePod struct {
	namespace, name string
	labels          map[string]string
	ports           []naivePort
}

type naivePort struct {
	name, protocol string
	number         int
}

type naiveExpr struct {
	key, operator string
	values        []string
}

type naiveSelector struct{ all []naiveExpr }

func (s *naiveSelector) matches(labels map[string]string) bool {
	for _, e := range s.all {
		value, has := labels[e.key]
		in := false
		for _, v := range e.values {
			in = in || has && v == value
		}
		switch e.operator {
		case "In":
			if !in {
				return false
			}
		case "NotIn":
			if in {
				return false
			}
		case "Exists":
			if !has {
				return false
			}
		case "DoesNotExist":
			if has {
				return false
			}
		}
	}
	return true
}

type naivePeer struct {
	namespaces, pods *naiveSelector
	cidr             string
	except           []string
}

type naiveMatch struct {
	protocol    string
	name        string
	first, last int // both 0: all
}

type naiveRule struct {
	action string
	peers  []naivePeer
	ports  []naiveMatch
}

type naivePolicy struct {
	kind, namespace, name string
	tier                  string
	priority              int
	subject               naivePeer
	types                 []string
	ingress, egress       []naiveRule
}

type naiveEnd struct {
	pod *naivePod
	ip  netip.Addr
}

type naiveCluster struct {
	namespaces map[string]map[string]string
	pods       []naivePod
	policies   []naivePolicy
}

func (c *naiveCluster) peerMatches(p *naivePolicy, peer *naivePeer, e naiveEnd) bool {
	if peer.cidr != "" {
		// Addresses of pods are not known; networks of the cluster-wide kinds that hold everything match pods too.
		if e.pod != nil {
			return p.kind != "NetworkPolicy" && peer.cidr == "0.0.0.0/0"
		}
		if !netip.MustParsePrefix(peer.cidr).Contains(e.ip) {
			return false
		}
		for _, x := range peer.except {
			if netip.MustParsePrefix(x).Contains(e.ip) {
				return false
			}
		}
		return true
	}
	if e.pod == nil {
		return false
	}
	if peer.namespaces == nil {
		if e.pod.namespace != p.namespace {
			return false
		}
	} else if !peer.namespaces.matches(c.namespaces[e.pod.namespace]) {
		return false
	}
	return peer.pods == nil || peer.pods.matches(e.pod.labels)
}

func (m *naiveMatch) matches(dst naiveEnd, protocol string, port int) bool {
	if m.name != "" {
		if dst.pod == nil {
			return false
		}
		for _, p := range dst.pod.ports {
			if p.name == m.name && p.protocol == protocol && p.number == port && (m.protocol == "" || m.protocol == protocol) {
				return true
			}
		}
		return false
	}
	return m.protocol == protocol && (m.first == 0 || m.first <= port && port <= m.last)
}

func (c *naiveCluster) ruleMatches(p *naivePolicy, r *naiveRule, other, dst naiveEnd, protocol string, port int) bool {
	peer := len(r.peers) == 0
	for i := range r.peers {
		peer = peer || c.peerMatches(p, &r.peers[i], other)
	}
	match := len(r.ports) == 0
	for i := range r.ports {
		match = match || r.ports[i].matches(dst, protocol, port)
	}
	return peer && match
}

// direction evaluates one direction for a pod.
func (c *naiveCluster) direction(ingress bool, pod *naivePod, other, dst naiveEnd, protocol string, port int) bool {
	rules := func(p *naivePolicy) []naiveRule {
		if ingress {
			return p.ingress
		}
		return p.egress
	}
	tier := func(name string) string { // the action of the first rule that matches
		var order []*naivePolicy
		for i := range c.policies {
			if p := &c.policies[i]; p.tier == name && c.peerMatches(p, &p.subject, naiveEnd{pod: pod}) {
				order = append(order, p)
			}
		}
		slices.SortFunc(order, func(x, y *naivePolicy) int { return x.priority - y.priority })
		for _, p := range order {
			list := rules(p)
			for i := range list {
				if c.ruleMatches(p, &list[i], other, dst, protocol, port) {
					return list[i].action
				}
			}
		}
		return ""
	}
	switch tier("Admin") {
	case "Allow":
		return true
	case "Deny":
		return false
	}
	isolated := false
	want := map[bool]string{true: "Ingress", false: "Egress"}[ingress]
	for i := range c.policies {
		p := &c.policies[i]
		if p.tier != "" || p.namespace != pod.namespace || !p.subject.pods.matches(pod.labels) {
			continue
		}
		applies := slices.Contains(p.types, want)
		if len(p.types) == 0 {
			applies = ingress || len(p.egress) > 0
		}
		if !applies {
			continue
		}
		isolated = true
		list := rules(p)
		for k := range list {
			if c.ruleMatches(p, &list[k], other, dst, protocol, port) {
				return true
			}
		}
	}
	return !isolated && tier("Baseline") != "Deny"
}

func (c *naiveCluster) allowed(src, dst naiveEnd, protocol string, port int) bool {
	if src.pod != nil && src.pod == dst.pod {
		return true
	}
	return (src.pod == nil || c.direction(false, src.pod, dst, dst, protocol, port)) &&
		(dst.pod == nil || c.direction(true, dst.pod, src, dst, protocol, port))
}
