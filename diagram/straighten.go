package diagram

import (
	"cmp"
	"math"
	"slices"
)

// snap is how far a node moves, in units, to be in one line with the highlighted edge that leads to it.
const snap = 24 * scale

// straighten turns the slopes that least squares leave into level lines with few steps, as far as the neighbours in the columns leave
// room. No order and no distance changes for the worse.
func (c *component) straighten(hot func(edge int) bool) {
	order := make([]int, len(c.chains))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(c.items[c.chains[a].items[0]].layer, c.items[c.chains[b].items[0]].layer)
	})
	pushes := 1_000_000
	for _, k := range order {
		if hot(c.chains[k].edge) {
			c.align(c.chains[k].items, &pushes)
		}
	}
	for _, k := range order {
		if !hot(c.chains[k].edge) {
			c.level(c.chains[k].items)
		}
	}
}

// room returns between which coordinates an item may move.
func (c *component) room(i int) (lo, hi int) {
	layer, pos := c.layers[c.items[i].layer], c.items[i].pos
	lo, hi = math.MinInt, math.MaxInt
	if pos > 0 {
		lo = c.items[layer[pos-1]].y + c.apart(layer[pos-1], i)
	}
	if pos+1 < len(layer) {
		hi = c.items[layer[pos+1]].y - c.apart(i, layer[pos+1])
	}
	return lo, hi
}

// align puts the items of an edge in line with the one before them, one after the other. Neighbours make room, as long as there are
// pushes left.
func (c *component) align(items []int, pushes *int) {
	for k := 1; k < len(items); k++ {
		y := c.items[items[k-1]].y
		if d := y - c.items[items[k]].y; d == 0 || d < -snap || d > snap || *pushes < 0 {
			continue
		}
		c.items[items[k]].y = y
		layer, pos := c.layers[c.items[items[k]].layer], c.items[items[k]].pos
		for p := pos - 1; p >= 0; p-- {
			most := c.items[layer[p+1]].y - c.apart(layer[p], layer[p+1])
			if c.items[layer[p]].y <= most {
				break
			}
			c.items[layer[p]].y = most
			*pushes--
		}
		for p := pos + 1; p < len(layer); p++ {
			least := c.items[layer[p-1]].y + c.apart(layer[p-1], layer[p])
			if c.items[layer[p]].y >= least {
				break
			}
			c.items[layer[p]].y = least
			*pushes--
		}
	}
}

// level puts runs of labels and bends of an edge on one level: that of the item before them or behind them if possible.
func (c *component) level(items []int) {
	inner := items[1 : len(items)-1]
	for from := 0; from < len(inner); {
		lo, hi := c.room(inner[from])
		sum, to := int64(c.items[inner[from]].y), from+1
		for ; to < len(inner); to++ {
			l, h := c.room(inner[to])
			if max(lo, l) > min(hi, h) {
				break
			}
			lo, hi = max(lo, l), min(hi, h)
			sum += int64(c.items[inner[to]].y)
		}
		y := min(max(mean(sum, int64(to-from)), lo), hi)
		for _, near := range []int{items[to+1], items[from]} { // the items behind and before the run
			if at := c.items[near].y; lo <= at && at <= hi {
				y = at
			}
		}
		for ; from < to; from++ {
			c.items[inner[from]].y = y
		}
	}
}
