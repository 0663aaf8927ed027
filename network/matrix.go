package network

import (
	"iter"
	"maps"
	"net/netip"
	"slices"
	"strconv"
)

// Group is one end of what Matrix finds: classes that are alike in it, or addresses outside of the cluster.
type Group struct {
	Classes   []int // as in Analysis.Classes, ascending
	Addresses Addresses
}

// Reach says that everything in From reaches everything in To on these ports. Where both are the same class it speaks of different
// pods of it.
type Reach struct {
	From, To Group
	Connections
}

// MatrixOptions choose what Matrix yields. The zero value is everything.
type MatrixOptions struct {
	// From and To choose classes; nil chooses all.
	From, To func(class int) bool
	// Ports are the only ones to look at; with none it is all of them.
	Ports Ports
	// NoOutside leaves out the addresses outside of the cluster.
	NoOutside bool
}

// Matrix yields who reaches whom: all pairs of classes, and classes with what is outside. Pairs that do not reach each other are
// left out. Pairs without any policy come first and as one: every class without egress policies reaches every class without ingress
// policies. The order is always the same.
func (a *Analysis) Matrix(o MatrixOptions) iter.Seq[Reach] {
	return func(yield func(Reach) bool) {
		m := &matrix{a: a, o: o, from: a.groups(o.From), to: a.groups(o.To), cache: map[string][]outsideReach{}}
		if o.Ports.Empty() {
			m.o.Ports = AllPorts()
		}
		for t := range a.types {
			if p := &a.types[t].party; p.host || len(p.addresses) > 0 {
				m.special = append(m.special, int32(t)) //nolint:gosec // as in classify
			}
			for d, open := range [...]*[]int32{Ingress: &m.openTo, Egress: &m.openFrom} {
				if !a.types[t].restricted(Direction(d)) { //nolint:gosec // 0 or 1
					*open = append(*open, int32(t)) //nolint:gosec // as in classify
				}
			}
		}
		_ = m.product(yield) && m.pairs(yield) && (o.NoOutside || m.outside(yield))
	}
}

type matrix struct {
	a        *Analysis
	o        MatrixOptions
	from, to [][]int // by type: the chosen classes
	openFrom []int32 // types without egress policies
	openTo   []int32 // types without ingress policies
	special  []int32 // types that blocks may match, or policies not apply to
	cache    map[string][]outsideReach
}

func (p *party) restricted(d Direction) bool {
	t := &p.policies[d]
	return len(t[Admin])+len(t[Standard])+len(t[Baseline]) > 0
}

// groups returns the chosen classes of each type.
func (a *Analysis) groups(choose func(int) bool) [][]int {
	out := make([][]int, len(a.types))
	for t := range a.types {
		for _, c := range a.types[t].classes {
			if choose == nil || choose(int(c)) {
				out[t] = append(out[t], int(c))
			}
		}
	}
	return out
}

func gather(groups [][]int, types []int32) []int {
	var out []int
	for _, t := range types {
		out = append(out, groups[t]...)
	}
	slices.Sort(out)
	return out
}

func (m *matrix) emit(yield func(Reach) bool, from, to Group, c Connections) bool {
	c = Connections{c.Allowed.Intersect(m.o.Ports), c.Unknown.Intersect(m.o.Ports)}
	if c.Empty() || len(from.Classes) == 0 && !from.Addresses.Valid() || len(to.Classes) == 0 && !to.Addresses.Valid() {
		return true
	}
	return yield(Reach{from, to, c})
}

// product yields what no policy restricts at either end.
func (m *matrix) product(yield func(Reach) bool) bool {
	return m.emit(yield, Group{Classes: gather(m.from, m.openFrom)}, Group{Classes: gather(m.to, m.openTo)}, Connections{Allowed: AllPorts()})
}

// pairs yields the pairs of types with a policy at one end or both.
func (m *matrix) pairs(yield func(Reach) bool) bool {
	members := m.a.typeMembers()
	wide := slices.Clone(m.openFrom)             // sources that may reach any destination
	narrow := make([][]int32, len(m.a.types))    // by destination: the other sources that may reach it
	unrestricted := make([]bool, len(m.a.types)) // sources without egress policies
	for _, t := range m.openFrom {
		unrestricted[t] = true
	}
	for t := range m.a.types {
		if unrestricted[t] || len(m.from[t]) == 0 {
			continue
		}
		list, every := m.candidates(&m.a.types[t].party, Egress, members)
		if every {
			wide = append(wide, int32(t)) //nolint:gosec // as in classify
		}
		for _, d := range list {
			narrow[d] = append(narrow[d], int32(t)) //nolint:gosec // as in classify
		}
	}
	slices.Sort(wide)
	for t := range m.a.types {
		if len(m.to[t]) == 0 {
			continue
		}
		destination := &m.a.types[t].party
		restricted := destination.restricted(Ingress)
		list, every := []int32(nil), true
		if restricted {
			list, every = m.candidates(destination, Ingress, members)
		}
		var sources []int32
		if every {
			sources = slices.Concat(wide, narrow[t])
		} else {
			sources = slices.Concat(common(list, wide), common(list, narrow[t]))
		}
		slices.Sort(sources)
		for _, s := range sources {
			if !restricted && unrestricted[s] || len(m.from[s]) == 0 {
				continue // part of the product
			}
			if !m.emit(yield, Group{Classes: m.from[s]}, Group{Classes: m.to[t]}, m.a.between(&m.a.types[s].party, destination)) {
				return false
			}
		}
	}
	return true
}

// common returns what is in both lists, which are ascending. It looks up the shorter one's in the longer.
func common(a, b []int32) []int32 {
	if len(a) > len(b) {
		a, b = b, a
	}
	var out []int32
	for _, x := range a {
		if _, found := slices.BinarySearch(b, x); found {
			out = append(out, x)
		}
	}
	return out
}

// typeMembers returns the types of each selection.
func (a *Analysis) typeMembers() [][]int32 {
	out := make([][]int32, len(a.selections))
	for t := range a.types {
		for _, s := range a.types[t].selections {
			out[s] = append(out[s], int32(t)) //nolint:gosec // as in classify
		}
	}
	return out
}

// candidates returns the types that the policies of a pod may let through, ascending: if it is denied by default those that some rule
// may allow, which keeps the matrix from looking at every pair. every is set if it may be any, and none are listed then.
func (m *matrix) candidates(p *party, d Direction, members [][]int32) (list []int32, every bool) {
	tiers := &p.policies[d]
	chosen := map[int32]bool{}
	every = !slices.ContainsFunc(tiers[Standard], func(q *Policy) bool { return q.rules(d).Isolates })
	for _, tier := range [...]Tier{Admin, Standard} {
		for _, q := range tiers[tier] {
			every = every || q.Opaque != ""
			rules := q.rules(d).List
			for i := 0; i < len(rules) && !every; i++ {
				switch {
				case rules[i].Action == Allow:
					every = mayAllow(&rules[i], members, chosen)
				case rules[i].Action == Pass && tier == Standard:
					every = true // the Baseline tier decides
				}
			}
		}
	}
	if every {
		return nil, true
	}
	for _, t := range m.special {
		chosen[t] = true
	}
	return slices.Sorted(maps.Keys(chosen)), false
}

// mayAllow adds the types that the peers of a rule may be, and reports whether it may be any.
func mayAllow(r *Rule, members [][]int32, chosen map[int32]bool) bool {
	if r.AnyPeer {
		return true
	}
	for i := range r.Peers {
		switch peer := &r.Peers[i]; peer.Kind {
		case Pods:
			for _, t := range members[peer.sel] {
				chosen[t] = true
			}
		case Block:
			if peer.Block.Bits() == 0 { // of a cluster-wide policy: pods too
				return true
			}
		case World, Nobody:
		case Anyone, Cluster, Nodes, Obscure:
			return true
		}
	}
	return false
}

// outsideReach is what some addresses reach.
type outsideReach struct {
	span Addresses
	Connections
}

// outside yields what is reached from outside, and then what outside is reached.
func (m *matrix) outside(yield func(Reach) bool) bool {
	for _, d := range [...]Direction{Ingress, Egress} {
		open, groups := m.openTo, m.to
		if d == Egress {
			open, groups = m.openFrom, m.from
		}
		everybody := Group{Classes: gather(groups, open)}
		for _, span := range [...]Addresses{InternetV4(), InternetV6()} {
			if !m.emitOutside(yield, d, everybody, outsideReach{span, Connections{Allowed: AllPorts()}}) {
				return false
			}
		}
		for t := range m.a.types {
			p := &m.a.types[t].party
			if !p.restricted(d) || len(groups[t]) == 0 {
				continue
			}
			for _, r := range m.cached(p, d) {
				if !m.emitOutside(yield, d, Group{Classes: groups[t]}, r) {
					return false
				}
			}
		}
	}
	return true
}

func (m *matrix) emitOutside(yield func(Reach) bool, d Direction, pods Group, r outsideReach) bool {
	if d == Ingress {
		return m.emit(yield, Group{Addresses: r.span}, pods, r.Connections)
	}
	return m.emit(yield, pods, Group{Addresses: r.span}, r.Connections)
}

// cached returns outsiders; types that differ in nothing but what selects them as peers share the answer.
func (m *matrix) cached(p *party, d Direction) []outsideReach {
	key := []byte{byte(d)}
	for _, tier := range p.policies[d] {
		for _, q := range tier {
			key = strconv.AppendInt(append(key, ' '), int64(q.number), 10)
		}
	}
	for _, q := range p.ports {
		key = append(append(key, 0), portKey(q)...)
	}
	r, ok := m.cache[string(key)]
	if !ok {
		r = m.a.outsiders(p, d)
		m.cache[string(key)] = r
	}
	return r
}

// maxBlocks is how many CIDRs are told apart for one pod. With more of them the addresses are one, of which much is unknown.
const maxBlocks = 1000

// outsiders returns what reaches a pod from outside, or what it reaches there, in ranges of addresses as large as can be.
func (a *Analysis) outsiders(p *party, d Direction) []outsideReach {
	var blocks []netip.Prefix
	for _, tier := range p.policies[d] {
		for _, q := range tier {
			for _, r := range q.rules(d).List {
				for i := range r.Peers {
					if r.Peers[i].Kind == Block {
						blocks = append(append(blocks, r.Peers[i].Block), r.Peers[i].Except...)
					}
				}
			}
		}
	}
	slices.SortFunc(blocks, func(x, y netip.Prefix) int {
		if c := x.Addr().Compare(y.Addr()); c != 0 {
			return c
		}
		return x.Bits() - y.Bits()
	})
	if blocks = slices.Compact(blocks); len(blocks) > maxBlocks {
		blocks = nil
	}
	var out []outsideReach
	for _, span := range split(blocks) {
		c := a.one(d, p, &party{kind: outside, span: span}, AllPorts())
		if c.Empty() {
			continue
		}
		if n := len(out); n > 0 && out[n-1].span.Last.Next() == span.First && out[n-1].Equal(c) {
			out[n-1].span.Last = span.Last
			continue
		}
		out = append(out, outsideReach{span, c})
	}
	return out
}
