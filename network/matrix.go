package network

import (
	"iter"
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
	from := map[int32][]int32{} // by destination without ingress policies: the sources with egress policies that may reach it
	for t := range m.a.types {
		source := &m.a.types[t].party
		if !source.restricted(Egress) || len(m.from[t]) == 0 {
			continue
		}
		for _, d := range m.candidates(source, Egress, members) {
			if !m.a.types[d].restricted(Ingress) {
				from[d] = append(from[d], int32(t)) //nolint:gosec // as in classify
			}
		}
	}
	for t := range m.a.types {
		if len(m.to[t]) == 0 {
			continue
		}
		destination := &m.a.types[t].party
		sources := from[int32(t)] //nolint:gosec // as in classify
		if destination.restricted(Ingress) {
			sources = m.candidates(destination, Ingress, members)
		}
		for _, s := range sources {
			c := Connections{}
			if len(m.from[s]) > 0 {
				c = m.a.between(&m.a.types[s].party, destination)
			}
			if !m.emit(yield, Group{Classes: m.from[s]}, Group{Classes: m.to[t]}, c) {
				return false
			}
		}
	}
	return true
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

// candidates returns the types that the policies of a pod may let through, ascending: if all they do is to allow some, only those.
func (m *matrix) candidates(p *party, d Direction, members [][]int32) []int32 {
	tiers := &p.policies[d]
	every := len(tiers[Admin]) > 0 || !slices.ContainsFunc(tiers[Standard], func(p *Policy) bool { return p.rules(d).Isolates })
	chosen := map[int32]bool{}
	for _, p := range tiers[Standard] {
		if every || p.Opaque != "" {
			every = true
			break
		}
		for _, r := range p.rules(d).List {
			every = every || r.AnyPeer && r.Action != Deny
			for i := range r.Peers {
				switch r.Peers[i].Kind {
				case Pods:
					for _, t := range members[r.Peers[i].sel] {
						chosen[t] = true
					}
				case Block, Nobody, World:
				case Anyone, Cluster, Nodes, Obscure:
					every = true
				}
			}
			// With a Pass the baseline decides.
			every = every || r.Action == Pass
		}
	}
	var out []int32
	for t := range m.a.types {
		q := &m.a.types[t].party
		if every || q.host || len(q.addresses) > 0 || chosen[int32(t)] { //nolint:gosec // as in classify
			out = append(out, int32(t)) //nolint:gosec // as in classify
		}
	}
	return out
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
		if n := len(out); n > 0 && out[n-1].span.Last.Next() == span.First && out[n-1].Connections.Equal(c) {
			out[n-1].span.Last = span.Last
			continue
		}
		out = append(out, outsideReach{span, c})
	}
	return out
}
