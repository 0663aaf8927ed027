package diagram

import (
	"cmp"
	"slices"
)

// order sorts the items of each column so that few edges cross: sweeps by barycenters from left to right and back, and the best order
// that was seen.
func (c *component) order() {
	c.firstOrder()
	links := c.links()
	sweeps := min(24, max(4, 2_000_000/(links+1)))
	best := c.crossings()
	kept := c.snapshot()
	for s := 0; s < sweeps && best > 0; s++ {
		for i := range c.layers {
			if s%2 == 0 {
				c.sortLayer(i, false)
			} else {
				c.sortLayer(len(c.layers)-1-i, true)
			}
		}
		if links < 4_000 {
			c.swapNeighbours()
		}
		if now := c.crossings(); now < best {
			best = now
			kept = c.snapshot()
		}
	}
	c.layers = kept
	c.number()
}

// links counts the pieces of edges.
func (c *component) links() int {
	n := 0
	for i := range c.items {
		n += len(c.items[i].next)
	}
	return n
}

func (c *component) snapshot() [][]int {
	out := make([][]int, len(c.layers))
	for i := range c.layers {
		out[i] = slices.Clone(c.layers[i])
	}
	return out
}

// number tells the items their places.
func (c *component) number() {
	for _, layer := range c.layers {
		for pos, i := range layer {
			c.items[i].pos = pos
		}
	}
}

// firstOrder puts items in the order in which a depth-first search along the edges finds them.
func (c *component) firstOrder() {
	type frame struct{ item, next int }
	seen := make([]bool, len(c.items))
	var stack []frame
	push := func(i int) {
		if !seen[i] {
			seen[i] = true
			c.layers[c.items[i].layer] = append(c.layers[c.items[i].layer], i)
			stack = append(stack, frame{i, 0})
		}
	}
	visit := func(root int) {
		push(root)
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			next := c.items[top.item].next
			if top.next == len(next) {
				stack = stack[:len(stack)-1]
				continue
			}
			top.next++
			push(next[top.next-1].to)
		}
	}
	for i := range c.items {
		if len(c.items[i].prev) == 0 {
			visit(i)
		}
	}
	c.number()
}

// sortLayer sorts a column by the mean place of the items' neighbours in the column before it, or behind it.
func (c *component) sortLayer(layer int, behind bool) {
	items := c.layers[layer]
	key := make(map[int]int64, len(items))
	for pos, i := range items {
		near := c.items[i].prev
		if behind {
			near = c.items[i].next
		}
		sum := int64(0)
		for _, n := range near {
			sum += int64(c.items[n.to].pos)
		}
		key[i] = int64(pos) << 16
		if len(near) > 0 {
			key[i] = sum << 16 / int64(len(near))
		}
	}
	slices.SortStableFunc(items, func(a, b int) int { return cmp.Compare(key[a], key[b]) })
	for pos, i := range items {
		c.items[i].pos = pos
	}
}

// crossings counts the crossings of links between all neighbouring columns: inversions, by a tree of sums.
func (c *component) crossings() int64 {
	total := int64(0)
	for l := 0; l+1 < len(c.layers); l++ {
		size := len(c.layers[l+1])
		tree := make([]int, size+1)
		drawn := 0
		for _, i := range c.layers[l] {
			places := c.places(c.items[i].next)
			for _, pos := range places {
				upTo := 0
				for k := pos + 1; k > 0; k -= k & -k {
					upTo += tree[k]
				}
				total += int64(drawn - upTo)
			}
			for _, pos := range places {
				for k := pos + 1; k <= size; k += k & -k {
					tree[k]++
				}
			}
			drawn += len(places)
		}
	}
	return total
}

// places returns the places of linked items, from the top.
func (c *component) places(links []link) []int {
	out := make([]int, len(links))
	for i, l := range links {
		out[i] = c.items[l.to].pos
	}
	slices.Sort(out)
	return out
}

// swapNeighbours exchanges items that stand beside each other where that saves crossings. It stops when it has looked at too many links:
// a hub could walk past a thousand neighbours.
func (c *component) swapNeighbours() {
	budget := 200_000
	for _, layer := range c.layers {
		for pos := 0; pos+1 < len(layer); pos++ {
			a, b := &c.items[layer[pos]], &c.items[layer[pos+1]]
			if budget -= len(a.prev) + len(a.next) + len(b.prev) + len(b.next); budget < 0 {
				return
			}
			now, then := 0, 0
			for _, side := range [2][2][]link{{a.prev, b.prev}, {a.next, b.next}} {
				up, down := c.places(side[0]), c.places(side[1])
				now += inversions(up, down)
				then += inversions(down, up)
			}
			if then < now {
				layer[pos], layer[pos+1] = layer[pos+1], layer[pos]
				a.pos, b.pos = pos+1, pos
			}
		}
	}
}

// inversions counts the pairs in which a place of the upper item is behind one of the lower item. Both are sorted.
func inversions(upper, lower []int) int {
	n, k := 0, 0
	for _, u := range upper {
		for k < len(lower) && lower[k] < u {
			k++
		}
		n += k
	}
	return n
}
