package network

import (
	"iter"
	"net/netip"
	"slices"
)

// DiffEnd is one end of a change: workloads that are alike in it, or addresses outside of the cluster.
type DiffEnd struct {
	Workloads []string // Kind/namespace/name, sorted
	Addresses Addresses
	// Added and Removed say that the workloads are in one of both clusters only.
	Added, Removed bool
}

// Change is a difference in what From reaches of To.
type Change struct {
	From, To DiffEnd
	Old, New Connections
}

// ChangeKind is what became of a connection.
type ChangeKind uint8

// The kinds of changes.
const (
	Opened  ChangeKind = iota // nothing before
	Closed                    // nothing after
	Changed                   // other ports
)

func (k ChangeKind) String() string { return [...]string{"opened", "closed", "changed"}[k] }

// Kind returns what became of the connection.
func (c *Change) Kind() ChangeKind {
	switch {
	case c.Old.Empty():
		return Opened
	case c.New.Empty():
		return Closed
	}
	return Changed
}

// Diff yields what became of connections between two clusters, or two states of one. Workloads are the same if kind, namespace and name
// are; where there are several of a name, the first counts. The order is always the same.
func Diff(before, after *Analysis) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		d := &diff{before: before, after: after}
		d.pair()
		_ = d.inside(yield) && d.outside(yield)
	}
}

type diff struct {
	before, after *Analysis
	kinds         []diffKind
}

// diffKind is a number of workloads that are alike in both clusters.
type diffKind struct {
	before, after *party // nil if the workloads are not there
	names         []string
	pod           bool // a single pod, which reaches itself
}

// pair puts workloads together that are alike before and after.
func (d *diff) pair() {
	number := [2]map[string]int32{}
	for i, a := range [...]*Analysis{d.before, d.after} {
		number[i] = make(map[string]int32, len(a.workloads.Workloads))
		for w := range a.workloads.Workloads {
			name := a.workloads.Workloads[w].String()
			if _, ok := number[i][name]; !ok {
				number[i][name] = a.typeOf[a.classOf[w]]
			}
		}
	}
	byTypes := map[[2]int32]int{}
	seen := map[string]bool{}
	for i, a := range [...]*Analysis{d.before, d.after} {
		for w := range a.workloads.Workloads {
			name := a.workloads.Workloads[w].String()
			if seen[name] {
				continue
			}
			seen[name] = true
			types := [2]int32{-1, -1}
			for k := range types {
				if t, ok := number[k][name]; ok {
					types[k] = t
				}
			}
			k, ok := byTypes[types]
			if !ok {
				k = len(d.kinds)
				byTypes[types] = k
				d.kinds = append(d.kinds, diffKind{before: d.before.typeParty(types[0]), after: d.after.typeParty(types[1])})
			}
			kind := &d.kinds[k]
			kind.names = append(kind.names, name)
			kind.pod = len(kind.names) == 1 && d.workloadIsPod(i, w)
		}
	}
	for i := range d.kinds {
		slices.Sort(d.kinds[i].names)
	}
	slices.SortFunc(d.kinds, func(x, y diffKind) int { return slices.Compare(x.names, y.names) })
}

func (d *diff) workloadIsPod(i, w int) bool {
	a := d.before
	if i == 1 {
		a = d.after
	}
	return a.workloads.Workloads[w].PodPath == ""
}

func (a *Analysis) typeParty(t int32) *party {
	if t < 0 {
		return nil
	}
	return &a.types[t].party
}

func (k *diffKind) end() DiffEnd {
	return DiffEnd{Workloads: k.names, Added: k.before == nil, Removed: k.after == nil}
}

// free reports whether no policy restricts a flow.
func free(source, destination *party) bool {
	return source != nil && destination != nil && !source.restricted(Egress) && !destination.restricted(Ingress)
}

func (d *diff) inside(yield func(Change) bool) bool {
	for s := range d.kinds {
		for t := range d.kinds {
			from, to := &d.kinds[s], &d.kinds[t]
			if s == t && from.pod || free(from.before, to.before) && free(from.after, to.after) {
				continue
			}
			c := Change{From: from.end(), To: to.end()}
			if from.before != nil && to.before != nil {
				c.Old = d.before.between(from.before, to.before)
			}
			if from.after != nil && to.after != nil {
				c.New = d.after.between(from.after, to.after)
			}
			if !c.Old.Equal(c.New) && !yield(c) {
				return false
			}
		}
	}
	return true
}

func (d *diff) outside(yield func(Change) bool) bool {
	for _, direction := range [...]Direction{Ingress, Egress} {
		for i := range d.kinds {
			k := &d.kinds[i]
			var old, now []outsideReach
			if k.before != nil {
				old = d.before.outsiders(k.before, direction)
			}
			if k.after != nil {
				now = d.after.outsiders(k.after, direction)
			}
			for _, c := range compareOutside(old, now) {
				c.To = k.end()
				if direction == Egress {
					c.From, c.To = c.To, c.From
				}
				if !yield(c) {
					return false
				}
			}
		}
	}
	return true
}

// compareOutside walks two lists of ranges, each in order, and returns where they differ; From has the addresses.
func compareOutside(old, now []outsideReach) []Change {
	var out []Change
	for _, family := range [...]Addresses{InternetV4(), InternetV6()} {
		first, i, k := family.First, 0, 0
		for {
			i, k = skipTo(old, i, first), skipTo(now, k, first)
			before, last := reachAt(old, i, Addresses{first, family.Last})
			after, lastAfter := reachAt(now, k, Addresses{first, family.Last})
			if lastAfter.Less(last) {
				last = lastAfter
			}
			if !before.Equal(after) {
				out = append(out, Change{From: DiffEnd{Addresses: Addresses{first, last}}, Old: before, New: after})
				if n := len(out) - 2; n >= 0 && out[n].From.Addresses.Last.Next() == first && out[n].Old.Equal(before) && out[n].New.Equal(after) {
					out[n].From.Addresses.Last = last
					out = out[:n+1]
				}
			}
			if last == family.Last {
				break
			}
			first = last.Next()
		}
	}
	return out
}

// skipTo returns the first range from i on that does not end before an address.
func skipTo(list []outsideReach, i int, first netip.Addr) int {
	for i < len(list) && list[i].span.Last.Less(first) {
		i++
	}
	return i
}

// reachAt returns what is reached from the first address on, and up to which address that is so.
func reachAt(list []outsideReach, i int, rest Addresses) (Connections, netip.Addr) {
	if i == len(list) || list[i].span.First.Is4() != rest.First.Is4() {
		return Connections{}, rest.Last
	}
	if rest.First.Less(list[i].span.First) {
		return Connections{}, list[i].span.First.Prev()
	}
	return list[i].Connections, list[i].span.Last
}
