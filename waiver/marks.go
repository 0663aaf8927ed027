package waiver

import (
	"cmp"
	"slices"
)

// marks are waivers for ranges of bytes of a file, by control. Ranges lie inside of one another or apart, as the nodes
// of a tree do, so that the search for the ones around a place takes logarithmic time and one step for each level.
type marks struct {
	byControl map[string]*ranges
}

type ranges struct {
	list   []mark
	sorted bool
}

type mark struct {
	lo, hi int
	w      *Waiver
	parent int // the nearest range around this one, -1 without
}

func (m *marks) add(control string, lo, hi int, w *Waiver) {
	if m.byControl == nil {
		m.byControl = map[string]*ranges{}
	}
	r := m.byControl[control]
	if r == nil {
		r = &ranges{}
		m.byControl[control] = r
	}
	r.list, r.sorted = append(r.list, mark{lo: lo, hi: hi, w: w}), false
}

func (m *marks) reset() {
	if len(m.byControl) > 0 {
		clear(m.byControl)
	}
}

// find returns the waiver with the smallest range around a place that has not expired, or else an expired one.
func (m *marks) find(control string, at int) *Waiver {
	r := m.byControl[control]
	if r == nil {
		return nil
	}
	if !r.sorted {
		r.sort()
	}
	i, _ := slices.BinarySearchFunc(r.list, at, func(m mark, at int) int {
		if m.lo <= at {
			return -1
		}
		return 1
	})
	var expired *Waiver
	for i--; i >= 0; i = r.list[i].parent {
		if w := r.list[i].w; at < r.list[i].hi {
			if !w.expired {
				return w
			}
			expired = w
		}
	}
	return expired
}

// sort keeps one waiver for each range, one that holds if there is any.
func (r *ranges) sort() {
	slices.SortStableFunc(r.list, func(a, b mark) int {
		expired := func(m mark) int {
			if m.w.expired {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(a.lo, b.lo), cmp.Compare(b.hi, a.hi), cmp.Compare(expired(a), expired(b)))
	})
	r.list = slices.CompactFunc(r.list, func(a, b mark) bool { return a.lo == b.lo && a.hi == b.hi })
	var open []int
	for i := range r.list {
		for len(open) > 0 && r.list[open[len(open)-1]].hi <= r.list[i].lo {
			open = open[:len(open)-1]
		}
		r.list[i].parent = -1
		if len(open) > 0 {
			r.list[i].parent = open[len(open)-1]
		}
		open = append(open, i)
	}
	r.sorted = true
}
