package network

import (
	"slices"

	"github.com/kubeharden/kubeharden/label"
)

// Coverage says what policies do by default with a workload's traffic.
type Coverage struct{ Ingress, Egress Isolation }

// Isolation is what happens by default to the traffic of one direction.
type Isolation struct {
	// Verdict is Denied if what no rule names is denied, Allowed if not, and Unknown if that cannot be told.
	Verdict Verdict
	// By are the objects of the policies that deny by default, those with the fewest rules first.
	By []int
	// OpenedBy is the object of a policy that allows everything again from or to all pods, so that By denies them nothing; -1 if no
	// single rule does.
	OpenedBy int
	// PodsOnly says that only the traffic of pods is denied by default: the ingress rules of AdminNetworkPolicies know no other, and
	// a rule may allow all addresses outside.
	PodsOnly bool
	// Unknown are the objects of policies whose effect cannot be told.
	Unknown []int
	// HostNetwork says that the workload is outside of all policies.
	HostNetwork bool
}

// Of returns the isolation of a direction.
func (c Coverage) Of(d Direction) Isolation {
	if d == Ingress {
		return c.Ingress
	}
	return c.Egress
}

// Covered says what policies do by default with the traffic of a workload, given by its index.
func (a *Analysis) Covered(workload int) Coverage {
	p := &a.types[a.typeOf[a.classOf[workload]]].party
	return Coverage{a.isolation(p, Ingress), a.isolation(p, Egress)}
}

// Selected reports whether any policy has to do with the traffic of a workload, given by its index.
func (a *Analysis) Selected(workload int) bool {
	p := &a.types[a.typeOf[a.classOf[workload]]].party
	for _, tiers := range p.policies {
		for _, tier := range tiers {
			if len(tier) > 0 {
				return true
			}
		}
	}
	return false
}

// DefaultDeny says what policies do by default with the traffic of every pod of a namespace, those included that are yet to come:
// only policies that select all of its pods count.
func (a *Analysis) DefaultDeny(namespace string) Coverage {
	p := &party{kind: podParty, anyPorts: true}
	labels := a.index.NamespaceLabels(namespace)
	for _, where := range [...]string{namespace, ""} {
		for _, n := range a.general[where] {
			if a.selections[n].selectsNamespace(namespace, labels) {
				p.selections = append(p.selections, n)
			}
		}
	}
	a.apply(p)
	return Coverage{a.isolation(p, Ingress), a.isolation(p, Egress)}
}

// stranger is a pod without labels in a namespace without labels: only peers that mean everybody find it.
func (a *Analysis) stranger() *party {
	p := &party{kind: podParty}
	for i := range a.selections {
		if a.selections[i].Selects("", label.Set{}, label.Set{}) {
			p.selections = append(p.selections, int32(i)) //nolint:gosec // as in intern
		}
	}
	return p
}

// isolation asks what happens to the traffic of strangers, in the cluster and outside of it.
func (a *Analysis) isolation(p *party, d Direction) Isolation {
	out := Isolation{Verdict: Allowed, OpenedBy: -1, HostNetwork: p.host}
	by := a.denying(p, d, &out)
	slices.SortStableFunc(by, func(x, y *Policy) int { return len(x.rules(d).List) - len(y.rules(d).List) })
	for _, q := range by {
		out.By = append(out.By, q.Object)
	}
	if len(out.Unknown) > 0 {
		out.Verdict = Unknown
	}
	if len(by) == 0 {
		return out
	}
	pods := a.one(d, p, a.strange, AllPorts())
	outside := a.one(d, p, &party{kind: outside, span: InternetV4()}, AllPorts())
	standard := slices.ContainsFunc(by, func(q *Policy) bool { return q.Tier == Standard })
	switch {
	case !pods.Unknown.Empty():
		out.Verdict = Unknown
	case pods.Allowed.All():
		out.OpenedBy = a.opening(p, d)
	case standard || pods.Allowed.Empty(): // else a policy of the whole cluster denies no more than a part
		out.Verdict, out.PodsOnly = Denied, outside.Allowed.All()
	}
	return out
}

// denying returns the policies that deny by default, and notes those that cannot be judged.
func (a *Analysis) denying(p *party, d Direction, out *Isolation) []*Policy {
	var by []*Policy
	for _, tier := range p.policies[d] {
		for _, q := range tier {
			rules := q.rules(d)
			switch {
			case q.Opaque != "":
				out.Unknown = append(out.Unknown, q.Object)
			case rules.Isolates, slices.ContainsFunc(rules.List, func(r Rule) bool { return r.Action == Deny && r.AnyPort && r.everybody() }):
				by = append(by, q)
			}
		}
	}
	return by
}

// everybody reports whether all pods are among a rule's peers.
func (r *Rule) everybody() bool {
	return r.AnyPeer || slices.ContainsFunc(r.Peers, func(p Peer) bool {
		return p.Kind == Anyone || p.Kind == Cluster || p.Kind == Pods && p.Selection.Everywhere()
	})
}

// opening returns the policy with a rule that allows everything, -1 if no single rule does.
func (a *Analysis) opening(p *party, d Direction) int {
	for _, tier := range p.policies[d] {
		for _, q := range tier {
			for _, r := range q.rules(d).List {
				if r.Action == Allow && r.AnyPort && r.everybody() {
					return q.Object
				}
			}
		}
	}
	return -1
}
