package network

// judge evaluates the policies of one direction for many ports at a time. What is not certain it takes for the worst, or, if it is
// optimistic, for the best: what both agree on is certain.
//
// https://network-policy-api.sigs.k8s.io/api-overview/ has the order: the Admin tier by priority, the first rule that matches
// decides; then the NetworkPolicies, which decide for every pod that one of them selects; then the Baseline tier; what is left
// is allowed.
type judge struct {
	a          *Analysis
	direction  Direction
	subject    *party
	other      *party
	optimistic bool
	unsure     bool    // met something that is not certain
	reason     *Reason // of the only port that is asked about; nil if nobody wants to know
	doubt      Reason  // the first thing that was not certain
}

// Reason says why a direction of a flow is allowed, denied or unknown.
type Reason struct {
	// Policy is the number of the object of the policy that decides, -1 if none does.
	Policy int
	Tier   Tier
	// Path leads to the rule, or the peer, that decides; "" if the policy denies by default.
	Path string
	// Text says it to people: "default deny of NetworkPolicy shop/deny-all".
	Text string
}

// flowState is how far the evaluation of a tier is.
type flowState struct {
	open    Ports // nothing has decided yet
	allowed Ports
	passed  Ports // on to the next tier
	perhaps Ports // perhaps on to the next tier
}

// side returns the ports of which the direction's policies allow.
func (j *judge) side(want Ports) Ports {
	if j.subject.kind != podParty {
		j.because(want, nil, nil, "it is no pod that is known, so no policy applies to it")
		return want
	}
	if j.subject.host {
		j.because(want, nil, nil, "policies do not apply to pods with hostNetwork")
		return want
	}
	return j.from(Admin, want)
}

// from asks a tier and those after it.
func (j *judge) from(tier Tier, want Ports) Ports {
	tiers := &j.subject.policies[j.direction]
	s := flowState{open: want}
	switch {
	case want.Empty():
		return want
	case tier > Baseline:
		text := "no policy selects it"
		if j.subject.restricted(j.direction) {
			text = "no policy that selects it denies it"
		}
		j.because(want, nil, nil, text)
		return want
	case tier == Standard:
		j.standard(tiers[tier], &s)
	default:
		j.ordered(tiers[tier], &s)
	}
	onward := s.open.Union(s.passed)
	next := j.from(tier+1, onward.Union(s.perhaps))
	allowed := s.allowed.Union(next.Intersect(onward))
	if j.optimistic {
		return allowed.Union(next.Intersect(s.perhaps))
	}
	return allowed.Minus(s.perhaps.Minus(next)) // allowed whether they go on or not
}

// ordered asks policies in their order until all ports are decided. Of those with equal priority nobody knows which is asked first.
func (j *judge) ordered(policies []*Policy, s *flowState) {
	for i := 0; i < len(policies) && !s.open.Empty(); {
		n := i + 1
		for n < len(policies) && policies[n].Order == policies[i].Order {
			n++
		}
		if n == i+1 {
			j.policy(policies[i], s)
		} else {
			j.equals(policies[i:n], s)
		}
		i = n
	}
}

// equals asks policies of equal priority.
func (j *judge) equals(policies []*Policy, s *flowState) {
	var allowed, denied, passed, perhaps Ports
	var by *Policy
	reason, before := j.reason, Reason{}
	if reason != nil {
		before = *reason
	}
	for _, p := range policies {
		alone := flowState{open: s.open}
		j.policy(p, &alone)
		gone := s.open.Minus(alone.open).Minus(alone.allowed).Minus(alone.passed)
		if by == nil && (!alone.allowed.Empty() || !gone.Empty() || !alone.passed.Empty()) {
			by = p
		}
		allowed, denied, passed = allowed.Union(alone.allowed), denied.Union(gone), passed.Union(alone.passed)
		perhaps = perhaps.Union(alone.perhaps)
	}
	conflict := allowed.Intersect(denied).Union(allowed.Intersect(passed)).Union(denied.Intersect(passed))
	if !conflict.Empty() {
		j.doubtful(by, nil, "policies of equal priority do not agree, as "+by.String())
		if reason != nil {
			*reason = before // whichever is asked first decides
		}
	}
	if j.optimistic {
		passed = passed.Minus(allowed)
		denied = denied.Minus(allowed).Minus(passed)
	} else {
		passed = passed.Minus(denied)
		allowed = allowed.Minus(denied).Minus(passed)
	}
	s.open = s.open.Minus(allowed).Minus(denied).Minus(passed)
	s.allowed, s.passed, s.perhaps = s.allowed.Union(allowed), s.passed.Union(passed), s.perhaps.Union(perhaps)
}

// policy asks the rules of one policy in their order.
func (j *judge) policy(p *Policy, s *flowState) {
	if p.Opaque != "" {
		j.opaque(p, s)
		return
	}
	list := p.rules(j.direction).List
	for i := range list {
		if s.open.Empty() {
			return
		}
		j.rule(p, &list[i], s)
	}
}

// opaque leaves everything that is still open undecided.
func (j *judge) opaque(p *Policy, s *flowState) {
	if s.open.Empty() {
		return
	}
	j.doubtful(p, nil, p.Opaque)
	if j.optimistic {
		s.allowed = s.allowed.Union(s.open)
	}
	s.open = Ports{}
}

func (j *judge) rule(p *Policy, r *Rule, s *flowState) {
	m := j.a.matches(r, p, j.other)
	if m == never {
		return
	}
	destination := j.subject
	if j.direction == Egress {
		destination = j.other
	}
	certain, possible := r.portsOf(destination)
	if m == perhaps || r.Doubt != "" {
		certain, possible = Ports{}, certain.Union(possible)
	}
	if certain = certain.Intersect(s.open); !certain.Empty() {
		s.open = s.open.Minus(certain)
		switch r.Action {
		case Allow:
			s.allowed = s.allowed.Union(certain)
		case Pass:
			s.passed = s.passed.Union(certain)
		case Deny:
		}
		if r.Action != Pass {
			j.because(certain, p, r, "")
		}
	}
	if possible = possible.Intersect(s.open); possible.Empty() {
		return
	}
	j.doubtful(p, r, "")
	switch {
	case r.Action == Pass:
		s.perhaps = s.perhaps.Union(possible)
	case j.optimistic && r.Action == Allow:
		s.open, s.allowed = s.open.Minus(possible), s.allowed.Union(possible)
	case !j.optimistic && r.Action == Deny:
		s.open = s.open.Minus(possible)
	}
}

// standard asks the NetworkPolicies and what is judged beside them. What an opaque policy selects is left undecided, as it may
// both allow and deny.
func (j *judge) standard(policies []*Policy, s *flowState) {
	for _, p := range policies {
		if p.Opaque != "" {
			j.opaque(p, s)
		}
	}
	for _, p := range policies { // Cilium's denials come before everything that allows
		if p.API.cilium() {
			list := p.rules(j.direction).List
			for i := range list {
				if list[i].Action == Deny {
					j.rule(p, &list[i], s)
				}
			}
		}
	}
	var isolates *Policy // with the fewest rules
	for _, p := range policies {
		rules := p.rules(j.direction)
		if rules.Isolates && (isolates == nil || len(rules.List) < len(isolates.rules(j.direction).List)) {
			isolates = p
		}
		for i := range rules.List {
			if s.open.Empty() {
				return
			}
			if !p.API.cilium() || rules.List[i].Action != Deny {
				j.rule(p, &rules.List[i], s)
			}
		}
	}
	if isolates == nil || s.open.Empty() {
		return
	}
	if j.other.host && j.direction == Ingress {
		// A pod's own node always reaches it, and which node that is is not known.
		j.doubtful(isolates, nil, "it comes from a node, which may be the pod's own")
		if j.optimistic {
			s.allowed = s.allowed.Union(s.open)
		}
	}
	j.because(s.open, isolates, nil, "default deny of "+isolates.String())
	s.open = Ports{}
}

// because notes who decided, if there is somebody who wants to know.
func (j *judge) because(ports Ports, p *Policy, r *Rule, text string) {
	if j.reason == nil || ports.Empty() || j.reason.Text != "" {
		return
	}
	*j.reason = j.say(p, r, text)
}

func (j *judge) doubtful(p *Policy, r *Rule, text string) {
	if !j.unsure && j.reason != nil {
		j.doubt = j.say(p, r, text)
	}
	j.unsure = true
}

func (j *judge) say(p *Policy, r *Rule, text string) Reason {
	if p == nil {
		return Reason{Policy: -1, Text: text}
	}
	out := Reason{Policy: p.Object, Tier: p.Tier, Text: text}
	if r == nil {
		if text == p.Opaque {
			out.Text = p.String() + " cannot be judged: " + text
		}
		return out
	}
	out.Path = r.Path
	for i := range r.Peers {
		if !r.AnyPeer && j.a.matchesPeer(&r.Peers[i], p, j.other) != never {
			out.Path = r.Peers[i].Path
			break
		}
	}
	name := ""
	if r.Name != "" {
		name = " " + quote(r.Name)
	}
	out.Text = p.String() + ", " + r.Action.String() + " rule" + name + " at " + out.Path
	if r.Doubt != "" {
		out.Text += ": " + r.Doubt
	}
	return out
}
