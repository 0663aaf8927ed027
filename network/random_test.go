package network_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Random clusters.

type dice struct{ *rand.Rand }

func (d dice) one(of ...string) string { return of[d.IntN(len(of))] }
func (d dice) chance(n int) bool       { return d.IntN(n) == 0 }

func (d dice) labels() map[string]string {
	out := map[string]string{}
	for _, k := range []string{"a", "b", "c"} {
		if !d.chance(3) {
			out[k] = d.one("x", "y", "z")
		}
	}
	return out
}

func (d dice) selector() *naiveSelector {
	s := &naiveSelector{}
	for range d.IntN(3) {
		e := naiveExpr{key: d.one("a", "b", "c"), operator: d.one("In", "In", "In", "NotIn", "Exists", "DoesNotExist")}
		if e.operator == "In" || e.operator == "NotIn" {
			e.values = []string{d.one("x", "y", "z")}
			if v := d.one("x", "y", "z"); d.chance(3) && v != e.values[0] {
				e.values = append(e.values, v)
			}
		}
		s.all = append(s.all, e)
	}
	return s
}

func (d dice) cluster() *naiveCluster {
	c := &naiveCluster{namespaces: map[string]map[string]string{}}
	for _, ns := range []string{"n1", "n2", "n3"} {
		c.namespaces[ns] = d.labels()
		c.namespaces[ns]["kubernetes.io/metadata.name"] = ns
		for i := range 1 + d.IntN(4) {
			p := naivePod{namespace: ns, name: fmt.Sprintf("p%d", i), labels: d.labels()}
			for range d.IntN(4) {
				p.ports = append(p.ports, naivePort{d.one("http", "dns", ""), d.one("TCP", "UDP", "SCTP"), 79 + d.IntN(5)})
			}
			c.pods = append(c.pods, p)
		}
	}
	for i := range d.IntN(6) {
		c.policies = append(c.policies, d.networkPolicy(i))
	}
	priorities := d.Perm(20)
	for i := range d.IntN(4) {
		c.policies = append(c.policies, d.clusterPolicy(i, priorities[i]))
	}
	if d.chance(2) {
		p := d.clusterPolicy(0, 0)
		p.kind, p.tier, p.name = "BaselineAdminNetworkPolicy", "Baseline", "default"
		for _, rules := range [][]naiveRule{p.ingress, p.egress} {
			for i := range rules {
				if rules[i].action == "Pass" {
					rules[i].action = "Deny"
				}
			}
		}
		c.policies = append(c.policies, p)
	}
	return c
}

func (d dice) networkPolicy(i int) naivePolicy {
	p := naivePolicy{kind: "NetworkPolicy", namespace: d.one("n1", "n2", "n3"), name: fmt.Sprintf("np%d", i), subject: naivePeer{pods: d.selector()}}
	p.types = [][]string{nil, {"Ingress"}, {"Egress"}, {"Ingress", "Egress"}}[d.IntN(4)]
	rule := func() naiveRule {
		var r naiveRule
		for range d.IntN(3) {
			switch d.IntN(4) {
			case 0:
				peer := naivePeer{cidr: d.one("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16")}
				if d.chance(2) {
					peer.except = []string{"10.1.2.0/24"}
				}
				r.peers = append(r.peers, peer)
			case 1:
				r.peers = append(r.peers, naivePeer{pods: d.selector()})
			case 2:
				r.peers = append(r.peers, naivePeer{namespaces: d.selector()})
			default:
				r.peers = append(r.peers, naivePeer{namespaces: d.selector(), pods: d.selector()})
			}
		}
		for range d.IntN(3) {
			m := naiveMatch{protocol: d.one("TCP", "UDP", "SCTP")}
			switch d.IntN(4) {
			case 0:
			case 1:
				m.name = d.one("http", "dns")
			default:
				m.first = 79 + d.IntN(4)
				m.last = m.first + d.IntN(3)
			}
			r.ports = append(r.ports, m)
		}
		return r
	}
	for range d.IntN(3) {
		p.ingress = append(p.ingress, rule())
	}
	for range d.IntN(3) {
		p.egress = append(p.egress, rule())
	}
	return p
}

func (d dice) clusterPolicy(i, priority int) naivePolicy {
	p := naivePolicy{kind: "AdminNetworkPolicy", name: fmt.Sprintf("anp%d", i), tier: "Admin", priority: priority}
	if d.chance(3) {
		p.kind = "ClusterNetworkPolicy"
	}
	peer := func() naivePeer {
		if d.chance(2) {
			return naivePeer{namespaces: d.selector()}
		}
		return naivePeer{namespaces: d.selector(), pods: d.selector()}
	}
	p.subject = peer()
	rule := func(egress bool) naiveRule {
		r := naiveRule{action: d.one("Allow", "Deny", "Pass"), peers: []naivePeer{peer()}}
		named := true
		if d.chance(3) {
			r.peers = append(r.peers, peer())
		}
		if egress && d.chance(4) {
			r.peers[0], named = naivePeer{cidr: d.one("0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16")}, false
		}
		for range d.IntN(3) {
			if named && d.chance(4) {
				r.ports = append(r.ports, naiveMatch{name: d.one("http", "dns")})
				continue
			}
			m := naiveMatch{protocol: d.one("TCP", "UDP", "SCTP"), first: 79 + d.IntN(4)}
			m.last = m.first + d.IntN(3)
			r.ports = append(r.ports, m)
		}
		return r
	}
	for range d.IntN(4) {
		p.ingress = append(p.ingress, rule(false))
	}
	for range d.IntN(4) {
		p.egress = append(p.egress, rule(true))
	}
	return p
}

// Manifests.

func (s *naiveSelector) text() string {
	var parts []string
	for _, e := range s.all {
		part := fmt.Sprintf("{key: %s, operator: %s", e.key, e.operator)
		if len(e.values) > 0 {
			part += ", values: [" + strings.Join(e.values, ", ") + "]"
		}
		parts = append(parts, part+"}")
	}
	return "{matchExpressions: [" + strings.Join(parts, ", ") + "]}"
}

func (c *naiveCluster) text() string {
	var b strings.Builder
	flow := func(m map[string]string) string {
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(m)) {
			parts = append(parts, k+`: "`+m[k]+`"`)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	for _, ns := range slices.Sorted(maps.Keys(c.namespaces)) {
		fmt.Fprintf(&b, "---\n{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: %s}}\n", ns, flow(c.namespaces[ns]))
	}
	for _, p := range c.pods {
		var ports []string
		for _, q := range p.ports {
			port := fmt.Sprintf("{containerPort: %d, protocol: %s", q.number, q.protocol)
			if q.name != "" {
				port += ", name: " + q.name
			}
			ports = append(ports, port+"}")
		}
		fmt.Fprintf(&b, "---\n{apiVersion: v1, kind: Pod, metadata: {namespace: %s, name: %s, labels: %s}, spec: {containers: [{name: c, ports: [%s]}]}}\n",
			p.namespace, p.name, flow(p.labels), strings.Join(ports, ", "))
	}
	for i := range c.policies {
		b.WriteString("---\n" + c.policies[i].text() + "\n")
	}
	return b.String()
}

func (p *naivePolicy) text() string {
	rules := func(list []naiveRule, key string) string {
		var out []string
		for i := range list {
			out = append(out, p.ruleText(&list[i], key))
		}
		return "[" + strings.Join(out, ", ") + "]"
	}
	body := fmt.Sprintf("ingress: %s, egress: %s", rules(p.ingress, "from"), rules(p.egress, "to"))
	switch p.kind {
	case "NetworkPolicy":
		if len(p.types) > 0 {
			body += ", policyTypes: [" + strings.Join(p.types, ", ") + "]"
		}
		return fmt.Sprintf("{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: %s, name: %s}, spec: {podSelector: %s, %s}}",
			p.namespace, p.name, p.subject.pods.text(), body)
	case "ClusterNetworkPolicy":
		return fmt.Sprintf("{apiVersion: policy.networking.k8s.io/v1alpha2, kind: %s, metadata: {name: %s}, spec: {tier: %s, priority: %d, subject: %s, %s}}",
			p.kind, p.name, p.tier, p.priority, p.adminPeer(&p.subject), body)
	case "BaselineAdminNetworkPolicy":
		return fmt.Sprintf("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: %s, metadata: {name: %s}, spec: {subject: %s, %s}}",
			p.kind, p.name, p.adminPeer(&p.subject), body)
	}
	return fmt.Sprintf("{apiVersion: policy.networking.k8s.io/v1alpha1, kind: %s, metadata: {name: %s}, spec: {priority: %d, subject: %s, %s}}",
		p.kind, p.name, p.priority, p.adminPeer(&p.subject), body)
}

func (p *naivePolicy) adminPeer(peer *naivePeer) string {
	switch {
	case peer.cidr != "":
		return "{networks: [" + peer.cidr + "]}"
	case peer.pods == nil:
		return "{namespaces: " + peer.namespaces.text() + "}"
	}
	return "{pods: {namespaceSelector: " + peer.namespaces.text() + ", podSelector: " + peer.pods.text() + "}}"
}

func (p *naivePolicy) ruleText(r *naiveRule, key string) string {
	var fields, peers, ports []string
	for i := range r.peers {
		peer := &r.peers[i]
		if p.kind != "NetworkPolicy" {
			peers = append(peers, p.adminPeer(peer))
			continue
		}
		var parts []string
		if peer.cidr != "" {
			parts = append(parts, fmt.Sprintf("ipBlock: {cidr: %s, except: [%s]}", peer.cidr, strings.Join(peer.except, ", ")))
		}
		if peer.namespaces != nil {
			parts = append(parts, "namespaceSelector: "+peer.namespaces.text())
		}
		if peer.pods != nil {
			parts = append(parts, "podSelector: "+peer.pods.text())
		}
		peers = append(peers, "{"+strings.Join(parts, ", ")+"}")
	}
	for i := range r.ports {
		ports = append(ports, p.portText(&r.ports[i]))
	}
	field := "ports"
	if r.action != "" {
		action := r.action
		if p.kind == "ClusterNetworkPolicy" {
			field = "protocols"
			if action == "Allow" {
				action = "Accept"
			}
		}
		fields = append(fields, "action: "+action)
	}
	if len(peers) > 0 {
		fields = append(fields, key+": ["+strings.Join(peers, ", ")+"]")
	}
	if len(ports) > 0 {
		fields = append(fields, field+": ["+strings.Join(ports, ", ")+"]")
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func (p *naivePolicy) portText(m *naiveMatch) string {
	span := m.last > m.first
	switch {
	case p.kind == "NetworkPolicy" && m.name != "":
		return fmt.Sprintf("{protocol: %s, port: %s}", m.protocol, m.name)
	case p.kind == "NetworkPolicy" && m.first == 0:
		return fmt.Sprintf("{protocol: %s}", m.protocol)
	case p.kind == "NetworkPolicy":
		return fmt.Sprintf("{protocol: %s, port: %d, endPort: %d}", m.protocol, m.first, m.last)
	case p.kind == "ClusterNetworkPolicy" && m.name != "":
		return "{destinationNamedPort: " + m.name + "}"
	case p.kind == "ClusterNetworkPolicy" && span:
		return fmt.Sprintf("{%s: {destinationPort: {range: {start: %d, end: %d}}}}", strings.ToLower(m.protocol), m.first, m.last)
	case p.kind == "ClusterNetworkPolicy":
		return fmt.Sprintf("{%s: {destinationPort: {number: %d}}}", strings.ToLower(m.protocol), m.first)
	case m.name != "":
		return "{namedPort: " + m.name + "}"
	case span:
		return fmt.Sprintf("{portRange: {protocol: %s, start: %d, end: %d}}", m.protocol, m.first, m.last)
	}
	return fmt.Sprintf("{portNumber: {protocol: %s, port: %d}}", m.protocol, m.first)
}
