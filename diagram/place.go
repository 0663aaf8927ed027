package diagram

import "slices"

// scale is how many units of a coordinate are one pixel while items are being placed.
const scale = 16

// place gives the items their coordinates.
func (c *component) place(hot func(edge int) bool) {
	for _, layer := range c.layers {
		y := 0
		for pos, i := range layer {
			if pos > 0 {
				y += c.apart(layer[pos-1], i)
			}
			c.items[i].y = y
		}
	}
	// A few rounds spread the columns along one side each; the others, with both sides, straighten the edges.
	const spread = 4
	rounds := spread + min(60, max(4, 2_000_000/(c.links()+1)))
	for r := range rounds {
		for l := range c.layers {
			c.settle(l, true, r >= spread)
		}
		for l := range slices.Backward(c.layers) {
			c.settle(l, r >= spread, true)
		}
	}
	c.straighten(hot)
	c.toPixels()
	c.placeColumns()
}

// apart is the distance that the middles of two neighbours need, in units.
func (c *component) apart(upper, lower int) int {
	a, b := &c.items[upper], &c.items[lower]
	gap := 10
	switch {
	case a.sort == nodeItem && b.sort == nodeItem:
		gap = 20
	case a.sort == nodeItem || b.sort == nodeItem:
		gap = 16
	case a.sort == bendItem && b.sort == bendItem:
		gap = 12
	}
	return ((a.h+1)/2 + (b.h+1)/2 + gap) * scale
}

// settle moves the items of a column as near as possible to where their neighbours want them, in the sense of least squares, and keeps
// their order and distances. This is isotonic regression: blocks of items that want to pass each other move as one.
func (c *component) settle(layer int, prev, next bool) {
	type block struct {
		sum, weight int64 // of the wishes
		end         int   // number of the item behind the block
	}
	items := c.layers[layer]
	blocks := make([]block, 0, len(items))
	offset := 0
	for pos, i := range items {
		if pos > 0 {
			offset += c.apart(items[pos-1], i)
		}
		it := &c.items[i]
		sum, weight := int64(0), int64(0)
		wish := func(links []link) {
			for _, l := range links {
				sum += int64(l.weight) * int64(c.items[l.to].y-offset)
				weight += int64(l.weight)
			}
		}
		if prev {
			wish(it.prev)
		}
		if next {
			wish(it.next)
		}
		if weight == 0 {
			sum, weight = int64(it.y-offset), 1
		}
		blocks = append(blocks, block{sum, weight, pos + 1})
		for k := len(blocks) - 1; k > 0 && mean(blocks[k-1].sum, blocks[k-1].weight) >= mean(blocks[k].sum, blocks[k].weight); k-- {
			blocks[k-1].sum += blocks[k].sum
			blocks[k-1].weight += blocks[k].weight
			blocks[k-1].end = blocks[k].end
			blocks = blocks[:k]
		}
	}
	pos, offset := 0, 0
	for _, b := range blocks {
		y := mean(b.sum, b.weight)
		for ; pos < b.end; pos++ {
			if pos > 0 {
				offset += c.apart(items[pos-1], items[pos])
			}
			c.items[items[pos]].y = y + offset
		}
	}
}

// mean rounds down, for negative sums too.
func mean(sum, weight int64) int {
	m := sum / weight
	if sum%weight < 0 {
		m--
	}
	return int(m)
}

// toPixels turns units into pixels, from 0.
func (c *component) toPixels() {
	top := 0
	for i := range c.items {
		it := &c.items[i]
		it.y = mean(int64(it.y)+scale/2, scale)
		if t := it.y - (it.h+1)/2; i == 0 || t < top {
			top = t
		}
	}
	for i := range c.items {
		it := &c.items[i]
		it.y -= top
		c.h = max(c.h, it.y+(it.h+1)/2)
	}
}

// placeColumns sets the columns' places. Between them is room for curves, more where these are steep.
func (c *component) placeColumns() {
	c.left, c.width = make([]int, len(c.layers)), make([]int, len(c.layers))
	x := 0
	for l, layer := range c.layers {
		steep := 0
		nodes := true
		for _, i := range layer {
			it := &c.items[i]
			c.width[l] = max(c.width[l], it.w)
			for _, n := range it.next {
				steep = max(steep, it.y-c.items[n.to].y, c.items[n.to].y-it.y)
				nodes = nodes && c.items[n.to].sort != labelItem
			}
		}
		c.left[l] = x
		x += c.width[l]
		c.w = x
		least := 30
		if nodes {
			least = 56
		}
		x += least + min(steep/8, 70)
	}
}
