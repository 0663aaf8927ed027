package diagram

import (
	"io"
	"strings"

	"github.com/kubeharden/kubeharden/terminal"
)

const (
	margin      = 28
	titleHeight = 34
	leastWidth  = 420
	arrow       = 9 // length of the head of an arrow
)

// SVG writes the graph as a picture: columns from left to right, in which every node stands right of those that lead to it as far as the
// graph has no cycles. It returns a *LimitError for a graph that is too large, and an error for edges without their nodes and for two nodes
// with the same ID.
func (g *Graph) SVG(w io.Writer) error {
	p, err := g.plan()
	if err != nil {
		return err
	}
	d := &graphDrawing{g: g, p: p}
	title := clean(g.Title)
	width := max(p.w, leastWidth)
	d.dy = margin
	if title != "" {
		d.text("title", margin, margin+16, titleFont.cut(title, width))
		d.dy += titleHeight
	}
	if len(g.Nodes) == 0 {
		d.text("key", margin, d.dy+14, "There is nothing to show.")
		d.dy += 20
	}
	d.draw()
	bottom := d.dy + p.h
	if keys := d.keys(); len(keys) > 0 {
		bottom += 22
		d.add(`<path class="rule" d="M`, margin, ` `, bottom, `H`, margin+width, "\"/>\n")
		bottom += 10 + legend(&d.svg, keys, margin, bottom+10, width) - 12
	}
	if title == "" {
		title = "Graph"
	}
	pic := picture{title, g.description(p), width + 2*margin, bottom + margin, graphStyle(), graphDark()}
	return write(w, "graph", pic.bytes(d.String()))
}

type graphDrawing struct {
	svg
	g  *Graph
	p  *layout
	dy int // of the whole layout
}

// draw draws the edges, highlighted ones above the others, then their labels, then the nodes.
func (d *graphDrawing) draw() {
	for _, highlight := range []bool{false, true} {
		for i := range d.p.parts {
			c := &d.p.parts[i]
			for k := range c.chains {
				if d.g.Edges[c.chains[k].edge].Highlight == highlight {
					d.edge(c, &c.chains[k])
				}
			}
		}
	}
	for i := range d.p.parts {
		c := &d.p.parts[i]
		for k := range c.items {
			it := &c.items[k]
			x, y := margin+c.x0+c.left[it.layer], d.dy+c.y0+it.y
			switch it.sort {
			case nodeItem:
				d.node(it, x, y, c.width[it.layer])
			case labelItem:
				d.label(it, x+(c.width[it.layer]-it.w)/2, y)
			case bendItem:
			}
		}
	}
}

// told is an edge in words.
func (d *graphDrawing) told(e int) string { return d.g.told(d.p.index, e) }

func (g *Graph) told(x *index, e int) string {
	var b strings.Builder
	b.WriteString(x.names[x.from[e]] + " → " + x.names[x.to[e]])
	if l := full(g.Edges[e].Label); l != "" {
		b.WriteString(": " + l)
	}
	if n := full(g.Edges[e].Note); n != "" {
		b.WriteString(" (" + n + ")")
	}
	return b.String()
}

// toldMost bounds the words of a description.
const toldMost = 25

func (g *Graph) description(p *layout) string {
	if g.Description != "" {
		return clean(g.Description)
	}
	var b strings.Builder
	b.WriteString("Directed graph with " + decimal(len(g.Nodes)) + " nodes and " + decimal(len(g.Edges)) + " edges.")
	said := 0
	for _, highlight := range []bool{true, false} {
		for e := range g.Edges {
			if g.Edges[e].Highlight == highlight && said < toldMost {
				said++
				b.WriteString(" " + shorten(g.told(p.index, e), 200, terminal.RuneWidth, "…") + ".")
			}
		}
	}
	if more := len(g.Edges) - said; more > 0 {
		b.WriteString(" And " + decimal(more) + " more.")
	}
	return b.String()
}

// edge draws the line of an edge and the head of its arrow.
func (d *graphDrawing) edge(c *component, ch *chain) {
	e := &d.g.Edges[ch.edge]
	back := d.p.reversed[ch.edge]
	port := func(i int) int { // edges that lead back have ports of their own
		y := d.dy + c.y0 + c.items[i].y
		if back {
			y += 11
		}
		return y
	}
	class := "e"
	if e.Dashed {
		class += " dash"
	}
	if e.Highlight {
		class += " hot"
	}
	first, last := ch.items[0], ch.items[len(ch.items)-1]
	x := margin + c.x0 + c.left[c.items[first].layer] + c.width[c.items[first].layer]
	y := port(first)
	if back {
		x += d.clear(ch.edge)
	}
	headX, headY, sign := x, y, -1
	d.add(`<g class="`, class, `"><title>`, escaped(d.told(ch.edge)), `</title><path d="M`)
	if back {
		x += arrow
	}
	d.add(x, ` `, y)
	for _, i := range ch.items[1:] {
		it := &c.items[i]
		toX, toY := margin+c.x0+c.left[it.layer], d.dy+c.y0+it.y
		if i == last {
			toY = port(i)
			if !back {
				toX -= d.clear(ch.edge)
				headX, headY, sign = toX, toY, 1
				toX -= arrow
			}
		}
		if toY == y {
			d.add(`H`, toX)
		} else {
			mid := (x + toX) / 2
			d.add(`C`, mid, ` `, y, ` `, mid, ` `, toY, ` `, toX, ` `, toY)
		}
		x, y = toX, toY
		if i != last {
			x += c.width[it.layer]
			d.add(`H`, x)
		}
	}
	d.add(`"/><path class="head" d="M`, headX, ` `, headY, `l`, -sign*(arrow+1), ` -5v10z"/></g>`, "\n")
}

// clear is how far from the box of its node the tip of an edge ends: outside of a halo.
func (d *graphDrawing) clear(e int) int {
	if d.g.Nodes[d.p.to[e]].Highlight {
		return 5
	}
	return 0
}

// label draws the label of an edge.
func (d *graphDrawing) label(it *item, x, y int) {
	t := &d.p.edges[it.ref]
	class := "l"
	if d.g.Edges[it.ref].Highlight {
		class += " hot"
	}
	y -= it.h / 2
	d.add(`<g class="`, class, `"><title>`, escaped(d.told(it.ref)), `</title><rect x="`, x, `" y="`, y, `" width="`, it.w, `" height="`,
		it.h, `" rx="6"/>`, "\n")
	y += 4
	for _, line := range t.label {
		d.text("", x+it.w/2, y+12, line)
		y += edgeLine
	}
	for _, line := range t.note {
		d.text("note", x+it.w/2, y+11, line)
		y += noteLine
	}
	d.add("</g>\n")
}

// node draws the box of a node.
func (d *graphDrawing) node(it *item, x, y, w int) {
	n, t := &d.g.Nodes[it.ref], &d.p.nodes[it.ref]
	k := kindOf(n.Kind)
	y -= it.h / 2
	told := d.p.names[it.ref]
	if t.caption != "" {
		told += " (" + n.caption() + ")"
	}
	d.add(`<g class="n k`, k, `"><title>`, escaped(told), "</title>")
	if n.Highlight {
		d.add(`<rect class="halo" x="`, x-4, `" y="`, y-4, `" width="`, w+8, `" height="`, it.h+8, `" rx="12"/>`)
	}
	d.add(`<rect class="box" x="`, x, `" y="`, y, `" width="`, w, `" height="`, it.h, `" rx="8"/>`)
	d.icon(k, x+12, y+nodeHeight/2-10)
	d.add("\n")
	labelY := y + 20
	if t.caption == "" {
		labelY = y + 27
	}
	d.text("", x+iconRoom, labelY, t.label)
	if t.caption != "" {
		d.text("cap", x+iconRoom, y+35, t.caption)
	}
	if t.loop != "" {
		ly := y + nodeHeight + 3
		d.add(`<path class="icon" d="M`, x+iconRoom+9, ` `, ly-3, `a4.2 4.2 0 1 0 1.2 4.2M`, x+iconRoom+10, ` `, ly-5, `v2.6h-2.8"/>`)
		d.text("cap", x+iconRoom+15, y+nodeHeight+6, t.loop)
	}
	d.add("</g>\n")
}

func (d *graphDrawing) icon(k, x, y int) {
	d.add(`<path class="icon" transform="translate(`, x, ` `, y, `)" d="`, kinds[k].icon, `"/>`)
}

// keys are the entries of the legend: what occurs in the graph.
func (d *graphDrawing) keys() []key {
	var used [len(kinds)]bool
	for i := range d.g.Nodes {
		used[kindOf(d.g.Nodes[i].Kind)] = true
	}
	var keys []key
	for k := range kinds {
		if used[k] && (k < len(kinds)-1 || len(keys) > 0) {
			keys = append(keys, key{func(s *svg, x, y int) {
				s.add(`<g class="n k`, k, `"><rect class="box" x="`, x-1, `" y="`, y-11, `" width="22" height="22" rx="5"/>`,
					`<path class="icon" transform="translate(`, x+2, ` `, y-8, `) scale(.8)" d="`, kinds[k].icon, `"/></g>`, "\n")
			}, kinds[k].words})
		}
	}
	line := func(class string) func(s *svg, x, y int) {
		return func(s *svg, x, y int) {
			s.add(`<g class="`, class, `"><path d="M`, x-2, ` `, y, `h16"/><path class="head" d="M`, x+22, ` `, y, `l-9 -5v10z"/></g>`, "\n")
		}
	}
	var dashed, hot bool
	for i := range d.g.Edges {
		dashed = dashed || d.g.Edges[i].Dashed
		hot = hot || d.g.Edges[i].Highlight
	}
	if hot {
		keys = append(keys, key{line("e hot"), words(d.g.Legend.Highlight, "highlighted")})
	}
	if dashed {
		keys = append(keys, key{line("e dash"), words(d.g.Legend.Dashed, "conditional")})
	}
	return keys
}

// words are the caller's words for the legend, or ours.
func words(given, otherwise string) string {
	if given == "" {
		return otherwise
	}
	return keyFont.cut(clean(given), leastWidth-28)
}

func graphStyle() string {
	return `.n text{font-size:13px;font-weight:700;fill:#18212e}
.n .cap{font-size:11px;font-weight:400;fill:#566273}
.box{stroke-width:1.2}
.icon{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
.halo{fill:#fbdcdc;stroke:#d92d3a;stroke-width:1.6}
.e path{fill:none;stroke:#8b97a7;stroke-width:1.5}
.e .head{fill:#8b97a7;stroke:none}
.dash path{stroke-dasharray:6 4}
.hot path{stroke:#d92d3a;stroke-width:2.4}
.e.hot .head{fill:#d92d3a}
.l rect{fill:#fff;stroke:#d5dbe3}
.l text{font-size:12px;text-anchor:middle;fill:#27313f}
.l .note{font-size:11px;fill:#657183}
.l.hot rect{fill:#fff5f5;stroke:#d92d3a}
` + kindRules(func(k kind) tint { return k.light })
}

func graphDark() string {
	return `.n text{fill:#eef2f7}
.n .cap{fill:#a9b4c2}
.halo{fill:#4a1d24;stroke:#ff6b74}
.e path{stroke:#76849a}
.e .head{fill:#76849a}
.hot path{stroke:#ff6b74}
.e.hot .head{fill:#ff6b74}
.l rect{fill:#0f151d;stroke:#344152}
.l text{fill:#dbe2ea}
.l .note{fill:#98a5b5}
.l.hot rect{fill:#2b151a;stroke:#ff6b74}
` + kindRules(func(k kind) tint { return k.dark })
}

// kindRules are the colours of all kinds. Admin stands out: it is where paths end.
func kindRules(of func(kind) tint) string {
	var b strings.Builder
	for i := range kinds {
		class, t := ".k"+decimal(i), of(kinds[i])
		b.WriteString(class + " .box{fill:" + t.fill + ";stroke:" + t.line + "}\n")
		if kinds[i].name == "admin" {
			t.line = "#fff"
			b.WriteString(class + " text{fill:#fff}\n" + class + " .cap{fill:#ffe1e1}\n")
		}
		b.WriteString(class + " .icon{stroke:" + t.line + "}\n")
	}
	return b.String()
}
