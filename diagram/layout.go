package diagram

import "slices"

// Sizes of the picture of a graph, in pixels.
const (
	nodeLabelMost  = 220 // width of a label in a node
	nodeHeight     = 44
	loopLineHeight = 16
	iconRoom       = 42 // left of the label
	edgeLabelMost  = 150
	edgeLine       = 15 // height of a line of an edge's label
	noteLine       = 14
	edgeLines      = 2 // lines of a label, and of a note
)

var (
	nodeFont    = font{13, true}
	captionFont = font{11, false}
	edgeFont    = font{12, false}
	noteFont    = font{11, false}
)

type itemSort uint8

const (
	nodeItem  itemSort = iota
	labelItem          // the label of an edge
	bendItem           // where an edge passes a column
)

// item is what takes room in a column.
type item struct {
	sort       itemSort
	ref        int // the node, or the edge
	w, h       int
	layer, pos int // column, and place in it from the top
	y          int // the middle; while placing in 1/16 pixel
	prev, next []link
}

// link is a piece of an edge between neighbouring columns.
type link struct{ to, weight int }

// chain is one edge as the items it runs through, from left to right.
type chain struct {
	edge  int
	items []int
}

// component is a part of the graph that hangs together, with its layout.
type component struct {
	items  []item
	layers [][]int // items of each column from top to bottom
	left   []int   // x of each column
	width  []int
	chains []chain
	w, h   int
	x0, y0 int // where it lies in the picture
}

// nodeText is what stands in the box of a node.
type nodeText struct {
	label, caption, loop string
	w, h                 int
}

// edgeText is what stands on an edge.
type edgeText struct {
	label, note []string
	w, h        int
}

// layout is a graph with places for all its parts.
type layout struct {
	*layering
	nodes []nodeText
	edges []edgeText
	parts []component
	w, h  int
}

// plan computes the layout of a graph.
func (g *Graph) plan() (*layout, error) {
	x, err := g.check()
	if err != nil {
		return nil, err
	}
	p := &layout{layering: newLayering(len(g.Nodes), x)}
	segments := 0
	for e := range g.Edges {
		segments += 2 * (p.layer[p.high(e)] - p.layer[p.low(e)])
	}
	if segments > MaxSegments {
		return nil, &LimitError{"edge segments", segments, MaxSegments}
	}
	p.measure(g)
	p.parts = make([]component, len(p.layering.parts))
	ofPart := make([][]int, len(p.parts))
	for e := range g.Edges {
		if x.from[e] != x.to[e] {
			ofPart[p.part[x.from[e]]] = append(ofPart[p.part[x.from[e]]], e)
		}
	}
	for i := range p.parts {
		c := &p.parts[i]
		p.fill(g, c, p.layering.parts[i], ofPart[i])
		c.order()
		c.place(func(e int) bool { return g.Edges[e].Highlight })
	}
	p.pack()
	return p, nil
}

// measure sets the texts and the sizes of nodes and edges.
func (p *layout) measure(g *Graph) {
	loops := make([]int, len(g.Nodes))
	p.nodes = make([]nodeText, len(g.Nodes))
	p.edges = make([]edgeText, len(g.Edges))
	for e := range g.Edges {
		from := &g.Edges[e]
		if p.from[e] == p.to[e] {
			n := p.from[e]
			if loops[n]++; loops[n] == 1 {
				p.nodes[n].loop = "to itself"
				if from.Label != "" {
					p.nodes[n].loop = captionFont.cut(clean(from.Label), nodeLabelMost-40)
				}
			}
			continue
		}
		t := &p.edges[e]
		t.label = edgeFont.lines(clean(from.Label), edgeLabelMost, edgeLines)
		t.note = noteFont.lines(clean(from.Note), edgeLabelMost, edgeLines)
		if len(t.label)+len(t.note) > 0 {
			t.w = max(edgeFont.widest(t.label), noteFont.widest(t.note)) + 16
			t.h = len(t.label)*edgeLine + len(t.note)*noteLine + 8
		}
	}
	for n := range g.Nodes {
		t := &p.nodes[n]
		t.label = nodeFont.cut(p.names[n], nodeLabelMost)
		t.caption = captionFont.cut(g.Nodes[n].caption(), nodeLabelMost)
		if loops[n] > 1 {
			t.loop += " +" + decimal(loops[n]-1)
		}
		t.w, t.h = max(nodeFont.width(t.label), captionFont.width(t.caption)), nodeHeight
		if t.loop != "" {
			t.w = max(t.w, captionFont.width(t.loop)+14)
			t.h += loopLineHeight
		}
		t.w = max(t.w+iconRoom+14, 120)
	}
}

// fill makes the items of a component: its nodes, and for every edge a label or a bend in each column between its ends. Nodes are in
// even columns at first, labels in odd ones; odd columns without a label are left out.
func (p *layout) fill(g *Graph, c *component, nodes, edges []int) {
	last := 0
	for _, n := range nodes {
		last = max(last, 2*p.layer[n])
	}
	used := make([]bool, last+1)
	labelAt := func(e int) int { // near the node that the edge comes from
		if p.reversed[e] {
			return 2*p.layer[p.high(e)] - 1
		}
		return 2*p.layer[p.low(e)] + 1
	}
	for _, e := range edges {
		if p.edges[e].h > 0 {
			used[labelAt(e)] = true
		}
	}
	column := make([]int, last+1)
	columns := 0
	for i := range column {
		column[i] = columns
		if used[i] = used[i] || i%2 == 0; used[i] {
			columns++
		}
	}
	c.layers = make([][]int, columns)
	add := func(it item, at int) int {
		it.layer = column[at]
		c.items = append(c.items, it)
		return len(c.items) - 1
	}
	nodes = slices.Sorted(slices.Values(nodes))
	itemOf := make(map[int]int, len(nodes))
	for _, n := range nodes {
		itemOf[n] = add(item{sort: nodeItem, ref: n, w: p.nodes[n].w, h: p.nodes[n].h}, 2*p.layer[n])
	}
	for _, e := range edges {
		low, high := p.low(e), p.high(e)
		ch := chain{edge: e, items: []int{itemOf[low]}}
		for at := 2*p.layer[low] + 1; at < 2*p.layer[high]; at++ {
			switch t := &p.edges[e]; {
			case t.h > 0 && at == labelAt(e):
				ch.items = append(ch.items, add(item{sort: labelItem, ref: e, w: t.w, h: t.h}, at))
			case used[at]:
				ch.items = append(ch.items, add(item{sort: bendItem, ref: e}, at))
			}
		}
		ch.items = append(ch.items, itemOf[high])
		c.join(ch.items, g.Edges[e].Highlight)
		c.chains = append(c.chains, ch)
	}
}

// join links the items of an edge. Long edges and highlighted ones are to be straight.
func (c *component) join(items []int, highlight bool) {
	for i := 1; i < len(items); i++ {
		a, b := &c.items[items[i-1]], &c.items[items[i]]
		weight := 1
		switch {
		case a.sort != nodeItem && b.sort != nodeItem:
			weight = 8
		case a.sort != nodeItem || b.sort != nodeItem:
			weight = 2
		}
		if highlight {
			weight *= 12
		}
		a.next = append(a.next, link{items[i], weight})
		b.prev = append(b.prev, link{items[i-1], weight})
	}
}

// pack puts components into rows, the largest first, about as wide as the widest one or as a page.
func (p *layout) pack() {
	const gap = 36
	order := make([]int, len(p.parts))
	widest, area := 0, int64(0)
	for i := range p.parts {
		order[i] = i
		widest = max(widest, p.parts[i].w)
		area += int64(p.parts[i].w+gap) * int64(p.parts[i].h+gap)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if d := len(p.parts[b].layers) - len(p.parts[a].layers); d != 0 {
			return d
		}
		return len(p.parts[b].items) - len(p.parts[a].items)
	})
	for int64(widest)*int64(widest) < area {
		widest += 1 + widest/16
	}
	x, y, row := 0, 0, 0
	for _, i := range order {
		c := &p.parts[i]
		if x > 0 && x+c.w > widest {
			x, y, row = 0, y+row+gap, 0
		}
		c.x0, c.y0 = x, y
		x += c.w + gap
		row = max(row, c.h)
		p.w, p.h = max(p.w, c.x0+c.w), max(p.h, c.y0+c.h)
	}
}
