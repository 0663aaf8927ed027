package network

// Verdict is what policies do with a flow.
type Verdict uint8

// The verdicts.
const (
	Denied Verdict = iota
	Unknown
	Allowed
)

func (v Verdict) String() string { return [...]string{"denied", "unknown", "allowed"}[v] }

// Side is the verdict of one direction, and why.
type Side struct {
	Verdict Verdict
	Reason
}

// Decision is the verdict of a flow. It is allowed if both directions allow it: the egress of its source and the ingress of its
// destination.
type Decision struct {
	Verdict         Verdict
	Egress, Ingress Side
}

// Connections are the ports on which one end can reach another.
type Connections struct {
	Allowed Ports
	// Unknown are the ports on which it cannot be told.
	Unknown Ports
}

// Equal reports whether both are the same.
func (c Connections) Equal(d Connections) bool {
	return c.Allowed.Equal(d.Allowed) && c.Unknown.Equal(d.Unknown)
}

// Empty reports whether nothing is allowed, and nothing unknown.
func (c Connections) Empty() bool { return c.Allowed.Empty() && c.Unknown.Empty() }

// String writes what is allowed, and in brackets what is unknown: "TCP 80 (unknown: UDP 53)".
func (c Connections) String() string {
	if c.Unknown.Empty() {
		return c.Allowed.String()
	}
	return c.Allowed.String() + " (unknown: " + c.Unknown.String() + ")"
}

// Flow judges one flow: from a source to a port of a destination. The port is the one that the destination's pods listen on, not that
// of a service before them. A pod always reaches itself; two pods of one workload are judged as any others.
func (a *Analysis) Flow(src, dst Endpoint, protocol Protocol, port int) Decision {
	if a.itself(src, dst) {
		own := Side{Allowed, Reason{Policy: -1, Text: "a pod always reaches itself"}}
		return Decision{Allowed, own, own}
	}
	source, destination := a.party(src), a.party(dst)
	want := PortsOf(protocol, port, port)
	d := Decision{
		Egress:  a.explain(Egress, source, destination, want),
		Ingress: a.explain(Ingress, destination, source, want),
	}
	d.Verdict = min(d.Egress.Verdict, d.Ingress.Verdict)
	return d
}

// EgressRules returns every rule that lets a flow out by itself, in the order in which policies are asked: while one of them is left, taking
// the others away closes nothing. It is nil unless policies that can only allow, as NetworkPolicies, decide that it is allowed.
func (a *Analysis) EgressRules(src, dst Endpoint, protocol Protocol, port int) (rules []Reason) {
	source, destination := a.party(src), a.party(dst)
	want := PortsOf(protocol, port, port)
	if e := a.explain(Egress, source, destination, want); e.Verdict != Allowed || e.Policy < 0 || e.Tier != Standard {
		return nil
	}
	j := judge{a: a, direction: Egress, subject: source, other: destination}
	for _, p := range source.policies[Egress][Standard] {
		list := p.Egress.List
		for i := range list {
			s := flowState{open: want}
			if list[i].Action != Allow {
				return nil
			}
			j.rule(p, &list[i], &s)
			if !s.allowed.Empty() {
				rules = append(rules, j.say(p, &list[i], ""))
			}
		}
	}
	return rules
}

// itself reports whether both ends are one pod.
func (a *Analysis) itself(src, dst Endpoint) bool {
	return src.kind == podParty && dst.kind == podParty && src.workload >= 0 && src.workload == dst.workload &&
		a.workloads.Workloads[src.workload].PodPath == ""
}

func (a *Analysis) explain(d Direction, subject, other *party, want Ports) Side {
	var reason Reason
	j := judge{a: a, direction: d, subject: subject, other: other, reason: &reason}
	if !j.side(want).Empty() {
		return Side{Allowed, reason}
	}
	if !j.unsure {
		return Side{Denied, reason}
	}
	best := judge{a: a, direction: d, subject: subject, other: other, optimistic: true, reason: new(Reason)}
	if best.side(want).Empty() {
		if reason.Text == "" {
			reason = *best.reason
		}
		return Side{Denied, reason}
	}
	return Side{Unknown, j.doubt}
}

// one evaluates a direction for many ports.
func (a *Analysis) one(d Direction, subject, other *party, want Ports) Connections {
	j := judge{a: a, direction: d, subject: subject, other: other}
	c := Connections{Allowed: j.side(want)}
	if j.unsure {
		j = judge{a: a, direction: d, subject: subject, other: other, optimistic: true}
		c.Unknown = j.side(want).Minus(c.Allowed)
	}
	return c
}

// between evaluates both directions.
func (a *Analysis) between(source, destination *party) Connections {
	in := a.one(Ingress, destination, source, AllPorts())
	if in.Empty() {
		return in
	}
	out := a.one(Egress, source, destination, in.Allowed.Union(in.Unknown))
	c := Connections{Allowed: in.Allowed.Intersect(out.Allowed)}
	c.Unknown = in.Allowed.Union(in.Unknown).Intersect(out.Allowed.Union(out.Unknown)).Minus(c.Allowed)
	return c
}

// Connections returns the ports of a destination that a source can reach.
func (a *Analysis) Connections(src, dst Endpoint) Connections {
	if a.itself(src, dst) {
		return Connections{Allowed: AllPorts()}
	}
	return a.between(a.party(src), a.party(dst))
}
