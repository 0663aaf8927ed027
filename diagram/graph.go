// Package diagram draws directed graphs and matrices as SVG and DOT. What it writes is the same for the same input, has no scripts and no
// references to anything outside, and shows names from files as text whatever is in them.
package diagram

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The largest graph that is drawn.
const (
	MaxNodes = 2000
	MaxEdges = 10_000
)

// Node is a node of a graph.
type Node struct {
	ID, Label string
	// Kind chooses the colour: "user", "group", "account", "secret", "node", "admin", "namespace"; any other is plain.
	Kind string
}

// Edge is a step from one node to another.
type Edge struct {
	From, To string // ids
	Label    string
	// Note is told when the pointer rests on the edge.
	Note   string
	Dashed bool
}

// Graph is a directed graph. It is drawn from left to right.
type Graph struct {
	Title string
	Nodes []Node
	Edges []Edge
}

func (g *Graph) check() (index map[string]int, err error) {
	if len(g.Nodes) > MaxNodes || len(g.Edges) > MaxEdges {
		return nil, fmt.Errorf("a graph with %d nodes and %d edges is not drawn: the most are %d and %d", len(g.Nodes), len(g.Edges), MaxNodes, MaxEdges)
	}
	index = make(map[string]int, len(g.Nodes))
	for i := range g.Nodes {
		if _, ok := index[g.Nodes[i].ID]; ok {
			return nil, fmt.Errorf("two nodes of a graph have the id %q", g.Nodes[i].ID)
		}
		index[g.Nodes[i].ID] = i
	}
	for _, e := range g.Edges {
		for _, id := range [...]string{e.From, e.To} {
			if _, ok := index[id]; !ok {
				return nil, fmt.Errorf("an edge of a graph names a node %q that there is not", id)
			}
		}
	}
	return index, nil
}

// DOT writes the graph for Graphviz.
func (g *Graph) DOT(w io.Writer) error {
	index, err := g.check()
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "digraph %s {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n", dotQuote(g.Title))
	for i, n := range g.Nodes {
		fmt.Fprintf(b, "  n%d [label=%s];\n", i, dotQuote(n.Label))
	}
	for _, e := range g.Edges {
		style := ""
		if e.Dashed {
			style = ", style=dashed"
		}
		fmt.Fprintf(b, "  n%d -> n%d [label=%s, tooltip=%s%s];\n", index[e.From], index[e.To], dotQuote(e.Label), dotQuote(e.Note), style)
	}
	b.WriteString("}\n")
	return b.Flush()
}

func dotQuote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clean(s)) + `"`
}

// clean replaces what is no text: control characters, what reorders text, bytes that are no UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == 0xFFFE || r == 0xFFFF {
			return '\uFFFD'
		}
		return r
	}, s)
}

// escape makes text of a name for XML.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;").Replace(clean(s))
}

// shorten cuts the middle out of a long label.
func shorten(s string, most int) string {
	r := []rune(clean(s))
	if len(r) <= most {
		return string(r)
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-(most-most/2-1):])
}

// Sizes in pixels.
const (
	boxHeight, boxGap = 30, 22
	charWidth         = 7
	columnGap         = 230
	margin            = 24
	maxLabel          = 44
	maxEdgeLabel      = 34
)

// box is where a node is drawn.
type box struct{ x, y, width int }

// layout gives every node a column, so that edges lead to the right, and a row.
func (g *Graph) layout(index map[string]int) (boxes []box, width, height int) {
	column := g.columns(index)
	last := 0
	for _, c := range column {
		last = max(last, c)
	}
	layers := make([][]int, last+1)
	for i := range g.Nodes {
		layers[column[i]] = append(layers[column[i]], i)
	}
	g.order(layers, column, index)
	boxes = make([]box, len(g.Nodes))
	tallest := 0
	for _, l := range layers {
		tallest = max(tallest, len(l))
	}
	x := margin
	for _, l := range layers {
		widest := 0
		for _, i := range l {
			widest = max(widest, utf8.RuneCountInString(shorten(g.Nodes[i].Label, maxLabel))*charWidth+20)
		}
		top := margin + 40 + (tallest-len(l))*(boxHeight+boxGap)/2
		for k, i := range l {
			boxes[i] = box{x, top + k*(boxHeight+boxGap), widest}
		}
		x += widest + columnGap
	}
	return boxes, x - columnGap + margin, 2*margin + 40 + tallest*(boxHeight+boxGap)
}

// columns returns the longest way to each node from one that nothing leads to; edges that close a circle do not count.
func (g *Graph) columns(index map[string]int) []int {
	n := len(g.Nodes)
	out := make([][]int, n)
	for _, e := range g.Edges {
		if from, to := index[e.From], index[e.To]; from != to {
			out[from] = append(out[from], to)
		}
	}
	const fresh, open, done = 0, 1, 2
	state, order := make([]uint8, n), make([]int, 0, n)
	kept := make([][]int, n)
	type frame struct{ node, next int }
	for start := range n {
		if state[start] != fresh {
			continue
		}
		state[start] = open
		stack := []frame{{start, 0}}
		for len(stack) > 0 {
			f := &stack[len(stack)-1]
			if f.next == len(out[f.node]) {
				state[f.node] = done
				order = append(order, f.node)
				stack = stack[:len(stack)-1]
				continue
			}
			to := out[f.node][f.next]
			f.next++
			if state[to] != open {
				kept[f.node] = append(kept[f.node], to)
			}
			if state[to] == fresh {
				state[to] = open
				stack = append(stack, frame{to, 0})
			}
		}
	}
	column := make([]int, n)
	for _, o := range slices.Backward(order) {
		for _, to := range kept[o] {
			column[to] = max(column[to], column[o]+1)
		}
	}
	return column
}

// sweeps is how often the rows are put in order.
const sweeps = 6

// order puts each node near the middle of those that it is connected with, so that few edges cross.
func (g *Graph) order(layers [][]int, column []int, index map[string]int) {
	row := make([]float64, len(g.Nodes))
	near := make([][]int, len(g.Nodes))
	for _, e := range g.Edges {
		from, to := index[e.From], index[e.To]
		near[from] = append(near[from], to)
		near[to] = append(near[to], from)
	}
	number := func(l []int) {
		for k, i := range l {
			row[i] = float64(k) - float64(len(l))/2
		}
	}
	for _, l := range layers {
		number(l)
	}
	for s := range sweeps {
		for k := range layers {
			at := k
			if s%2 == 1 {
				at = len(layers) - 1 - k
			}
			want := map[int]float64{}
			for _, i := range layers[at] {
				sum, n := 0.0, 0
				for _, j := range near[i] {
					if (column[j] < at) == (s%2 == 0) && column[j] != at {
						sum, n = sum+row[j], n+1
					}
				}
				want[i] = row[i]
				if n > 0 {
					want[i] = sum / float64(n)
				}
			}
			slices.SortStableFunc(layers[at], func(a, b int) int { return cmp.Compare(want[a], want[b]) })
			number(layers[at])
		}
	}
}

// style is the style sheet of all pictures: readable on light and dark grounds.
const style = `<style>
svg{color-scheme:light dark;font-family:ui-monospace,SFMono-Regular,Menlo,monospace;font-size:12px;background:#fff}
text{fill:#1f2328}.e{fill:none;stroke:#8c959f;stroke-width:1.3}.d{stroke-dasharray:5 4}.l{font-size:10.5px;fill:#57606a}
.n{fill:#f6f8fa;stroke:#8c959f}.user,.group{fill:#ddf4ff;stroke:#0969da}.account{fill:#fff8c5;stroke:#9a6700}.secret{fill:#fbefff;stroke:#8250df}
.node{fill:#ffeff7;stroke:#bf3989}.admin{fill:#ffebe9;stroke:#cf222e}.namespace{fill:#dafbe1;stroke:#1a7f37}
.allow{fill:#ffebe9}.part{fill:#fff8c5}.deny{fill:#dafbe1}.unknown{fill:#eaeef2}.t{font-size:15px;font-weight:600}
@media (prefers-color-scheme:dark){svg{background:#0d1117}text{fill:#e6edf3}.l{fill:#9198a1}.n{fill:#161b22}.user,.group{fill:#0c2d6b}.account{fill:#3b2300}.secret{fill:#271052}.node{fill:#42062a}.admin{fill:#490202}.namespace{fill:#033a16}.allow{fill:#67060c}.part{fill:#4b2900}.deny{fill:#033a16}.unknown{fill:#21262d}}
</style>
`

func head(b *bufio.Writer, title, description string, width, height int) {
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="t d" width="%d" height="%d" viewBox="0 0 %d %d">`+"\n", width, height, width, height)
	fmt.Fprintf(b, "<title id=\"t\">%s</title>\n<desc id=\"d\">%s</desc>\n%s", escape(title), escape(description), style)
	fmt.Fprintf(b, "<text class=\"t\" x=\"%d\" y=\"%d\">%s</text>\n", margin, margin+10, escape(title))
}

// SVG draws the graph.
func (g *Graph) SVG(w io.Writer) error {
	index, err := g.check()
	if err != nil {
		return err
	}
	boxes, width, height := g.layout(index)
	width = max(width, 2*margin+9*utf8.RuneCountInString(g.Title))
	b := bufio.NewWriter(w)
	head(b, g.Title, strconv.Itoa(len(g.Nodes))+" nodes, "+strconv.Itoa(len(g.Edges))+" steps", width, height)
	b.WriteString(`<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#8c959f"/></marker></defs>` + "\n")
	taken := map[[2]int]int{} // how many labels stand at a place already
	for _, e := range g.Edges {
		g.edge(b, &e, boxes[index[e.From]], boxes[index[e.To]], taken)
	}
	for i, n := range g.Nodes {
		at := boxes[i]
		fmt.Fprintf(b, `<g><title>%s</title><rect class="n %s" x="%d" y="%d" width="%d" height="%d" rx="6"/><text x="%d" y="%d" text-anchor="middle">%s</text></g>`+"\n",
			escape(n.Label), class(n.Kind), at.x, at.y, at.width, boxHeight, at.x+at.width/2, at.y+19, escape(shorten(n.Label, maxLabel)))
	}
	b.WriteString("</svg>\n")
	return b.Flush()
}

func class(kind string) string {
	switch kind {
	case "user", "group", "account", "secret", "node", "admin", "namespace":
		return kind
	}
	return "plain"
}

func (g *Graph) edge(b *bufio.Writer, e *Edge, from, to box, taken map[[2]int]int) {
	x1, y1, x2, y2 := from.x+from.width, from.y+boxHeight/2, to.x-1, to.y+boxHeight/2
	bend := (x2 - x1) / 2
	if x2 <= x1 { // back, or within a column
		bend = columnGap / 3
	}
	dashed := ""
	if e.Dashed {
		dashed = " d"
	}
	fmt.Fprintf(b, `<g><title>%s</title><path class="e%s" d="M%d %dC%d %d %d %d %d %d" marker-end="url(#a)"/>`, escape(e.Note), dashed, x1, y1, x1+bend, y1, x2-bend, y2, x2, y2)
	if e.Label != "" {
		// Beside the box that the edge leaves there is nothing but edges.
		at := [2]int{x1 + 10, y1 - 5}
		n := taken[at]
		taken[at]++
		if n < 3 {
			fmt.Fprintf(b, `<text class="l" x="%d" y="%d">%s</text>`, at[0], at[1]-n*11, escape(shorten(e.Label, maxEdgeLabel)))
		}
	}
	b.WriteString("</g>\n")
}
