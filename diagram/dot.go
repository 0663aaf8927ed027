package diagram

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/kubeharden/kubeharden/terminal"
)

// dotLabelMost is how many columns of a label DOT shows; the tooltip has all of it.
const dotLabelMost = 60

// DOT writes the graph in the language of Graphviz (https://graphviz.org/doc/info/lang.html). Nodes are named n0, n1, … in their order,
// so that no name of the cluster is ever read as syntax. Errors are those of SVG, but for the limit of segments.
func (g *Graph) DOT(w io.Writer) error {
	x, err := g.check()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("digraph {\n  graph [rankdir=LR, charset=\"UTF-8\", fontname=\"Helvetica\", nodesep=0.3, ranksep=0.7")
	if g.Title != "" {
		b.WriteString(", labelloc=t, label=" + quoted(clean(g.Title)))
	}
	b.WriteString("]\n  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica\", fontsize=11, fillcolor=\"#f6f7f9\", color=\"#5b6675\"]\n" +
		"  edge [fontname=\"Helvetica\", fontsize=10, color=\"#8b97a7\", fontcolor=\"#27313f\"]\n")
	for i := range g.Nodes {
		n := &g.Nodes[i]
		k := &kinds[kindOf(n.Kind)]
		label := shorten(x.names[i], dotLabelMost, terminal.RuneWidth, "…")
		lines := []string{label}
		if c := n.caption(); c != "" {
			lines = append(lines, shorten(c, dotLabelMost, terminal.RuneWidth, "…"))
		}
		fmt.Fprintf(&b, "  n%d [label=%s, tooltip=%s, color=%q, fillcolor=%q", i, quoted(lines...), quoted(x.names[i]), k.light.line, k.light.fill)
		if k.name == "admin" {
			b.WriteString(`, fontcolor="#ffffff"`)
		}
		if n.Highlight {
			b.WriteString(`, penwidth=3`)
		}
		b.WriteString("]\n")
	}
	for i := range g.Edges {
		g.dotEdge(&b, x, i)
	}
	b.WriteString("}\n")
	return write(w, "graph", b.Bytes())
}

func (g *Graph) dotEdge(b *bytes.Buffer, x *index, i int) {
	e := &g.Edges[i]
	fmt.Fprintf(b, "  n%d -> n%d", x.from[i], x.to[i])
	attributes := []string{"edgetooltip=" + quoted(g.told(x, i))}
	var lines []string
	for _, t := range []string{full(e.Label), full(e.Note)} {
		if t != "" {
			lines = append(lines, shorten(t, dotLabelMost, terminal.RuneWidth, "…"))
		}
	}
	if len(lines) > 0 {
		attributes = append(attributes, "label="+quoted(lines...))
	}
	if e.Dashed {
		attributes = append(attributes, "style=dashed")
	}
	if e.Highlight {
		attributes = append(attributes, `color="#d92d3a"`, "penwidth=2")
	}
	fmt.Fprintf(b, " [%s]\n", strings.Join(attributes, ", "))
}

// quoted returns clean texts as one quoted string with a line for each. In labels a backslash begins an escape, of which \N is the name
// of the node, and & begins an entity of HTML (https://graphviz.org/docs/attr-types/escString/).
func quoted(lines ...string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")
	for i := range lines {
		lines[i] = escape.Replace(lines[i])
	}
	return `"` + strings.Join(lines, `\n`) + `"`
}
