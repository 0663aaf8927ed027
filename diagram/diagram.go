// Package diagram draws directed graphs, matrices and tables: as SVG for reports and browsers, as DOT for Graphviz, and as text for
// terminals. It knows nothing of Kubernetes and needs the standard library only.
//
// What it promises:
//   - The same value gives the same bytes, on every machine: layouts are computed in integers.
//   - Texts may be hostile. Whatever would move a cursor, reorder or hide text, break XML or break DOT is shown by its escape (\x1b,
//     \u202e), in every format.
//   - Work is bounded. What is too large to be drawn is a LimitError that names the limit, never a hang.
//   - SVG pictures hold no scripts and refer to nothing outside of themselves. They follow the reader's light or dark mode, have a title
//     and a description for screen readers, and tell nothing by colour alone.
//   - In SVG pictures no edge and no label of an edge crosses the box of a node.
package diagram

import (
	"errors"
	"fmt"
	"io"

	"github.com/kubeharden/kubeharden/terminal"
)

// The largest things that are drawn. Nobody can read a picture of this size; callers narrow the question instead.
const (
	MaxNodes = 2_000
	MaxEdges = 10_000
	// MaxSegments bounds the pieces of edges between neighbouring columns of a graph. An edge that jumps over many columns has many.
	MaxSegments = 200_000
	// MaxCells bounds rows × columns of a matrix.
	MaxCells = 250_000
)

// LimitError says that something is too large to be drawn.
type LimitError struct {
	What  string // "nodes", "edges", "edge segments" or "cells"
	Count int
	Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%d %s are more than the limit of %d", e.Count, e.What, e.Limit)
}

// Graph is a directed graph. Pictures run from left to right, in the direction of most edges.
type Graph struct {
	Title string
	// Description is for those who cannot see the picture. If empty, the edges are told in words.
	Description string
	Nodes       []Node
	Edges       []Edge
	Legend      Legend
}

// Legend says what the looks of edges and nodes mean. Only what occurs in the graph is explained.
type Legend struct {
	Highlight string // default "highlighted"
	Dashed    string // default "conditional"
}

// Node is a node of a graph.
type Node struct {
	// ID is what edges refer to; it is unique in the graph and never shown.
	ID string
	// Label is what is shown; the ID if empty.
	Label string
	// Kind sets icon, colour and the words under the label: user, group, account, secret, node, admin, workload, namespace, external.
	// Another kind is shown in its own words and a neutral look; without a kind there is the label only.
	Kind      string
	Highlight bool
}

// Edge is an edge of a graph. Several edges may join the same two nodes, and an edge may lead back to its node.
type Edge struct {
	From, To string // IDs of nodes
	// Label is what the edge does ("create pods"), Note where it comes from ("RoleBinding ci/deployer"). Both may be empty.
	Label, Note string
	Dashed      bool
	Highlight   bool
}

// index is a checked graph: ends of edges as numbers of nodes, and the names of nodes.
type index struct {
	from, to []int
	names    []string // clean
}

// check returns the graph's index, or the error in the graph.
func (g *Graph) check() (*index, error) {
	if len(g.Nodes) > MaxNodes {
		return nil, &LimitError{"nodes", len(g.Nodes), MaxNodes}
	}
	if len(g.Edges) > MaxEdges {
		return nil, &LimitError{"edges", len(g.Edges), MaxEdges}
	}
	byID := make(map[string]int, len(g.Nodes))
	for i := range g.Nodes {
		id := g.Nodes[i].ID
		if first, ok := byID[id]; ok {
			return nil, fmt.Errorf("nodes %d and %d have the same id %q", first, i, id)
		}
		byID[id] = i
	}
	x := &index{from: make([]int, len(g.Edges)), to: make([]int, len(g.Edges))}
	for i := range g.Edges {
		e := &g.Edges[i]
		var ok bool
		if x.from[i], ok = byID[e.From]; !ok {
			return nil, fmt.Errorf("edge %d comes from %q, which is no node", i, e.From)
		}
		if x.to[i], ok = byID[e.To]; !ok {
			return nil, fmt.Errorf("edge %d leads to %q, which is no node", i, e.To)
		}
	}
	for i := range g.Nodes {
		name := g.Nodes[i].Label
		if name == "" {
			name = g.Nodes[i].ID
		}
		x.names = append(x.names, full(name))
	}
	return x, nil
}

// fullMost is how many columns of a text are told where all of it is: more than the name of a Kubernetes object and its namespace can have
// (317). Names stand in the words of many edges, and one endless name must not make them all endless.
const fullMost = 400

// full is a clean text, told in full.
func full(s string) string { return shorten(clean(s), fullMost, terminal.RuneWidth, "…") }

// kind is how nodes of a kind look.
type kind struct {
	name  string // as in Node.Kind
	words string // under the label and in the legend
	icon  string // path data in a square of 20, stroked
	light tint
	dark  tint
}

// tint are the colours of a kind: lines and icon, and the box.
type tint struct{ line, fill string }

// kinds are in the order of the legend. The last one is the look of unknown kinds.
var kinds = [...]kind{
	{
		"user", "user", "M10 9.5a3 3 0 1 0 0-6a3 3 0 0 0 0 6zM4 16.5c0-3.4 2.6-4.8 6-4.8s6 1.4 6 4.8",
		tint{"#1d4ed8", "#eff4ff"},
		tint{"#7aa5ff", "#172440"},
	},
	{
		"group", "group",
		"M7.5 9.5a2.6 2.6 0 1 0 0-5.2a2.6 2.6 0 0 0 0 5.2zM2.5 16c0-3 2-4.3 5-4.3s5 1.3 5 4.3" +
			"M12.8 4.6a2.4 2.4 0 0 1 0 4.7M14.2 11.9c2.1.4 3.3 1.7 3.3 4.1",
		tint{"#6d28d9", "#f5f0ff"},
		tint{"#b497ff", "#251c40"},
	},
	{
		"account", "service account", "M4.5 7.5h11v8h-11zM10 7.5v-3M10 4.5h.01M7.8 11v.8M12.2 11v.8M2.6 10v3M17.4 10v3",
		tint{"#0f766e", "#ecfaf7"},
		tint{"#4fd1bd", "#10302d"},
	},
	{
		"workload", "workload", "M10 2.8l6.2 3.5v7.4l-6.2 3.5l-6.2-3.5v-7.4zM3.8 6.3l6.2 3.5l6.2-3.5M10 9.8v7.4",
		tint{"#0369a1", "#ecf7fd"},
		tint{"#5cc2f2", "#102a3b"},
	},
	{
		"secret", "secret", "M7 13.2a3.4 3.4 0 1 0 0-6.8a3.4 3.4 0 0 0 0 6.8zM10.4 9.8h7M17.4 9.8v3M14.4 9.8v2.2",
		tint{"#a14b05", "#fff6e8"},
		tint{"#f3b04f", "#35260f"},
	},
	{
		"node", "node", "M3.5 4h13v5h-13zM3.5 11h13v5h-13zM6.2 6.5h.01M6.2 13.5h.01M9 6.5h4.5M9 13.5h4.5",
		tint{"#475569", "#f3f5f8"},
		tint{"#a6b3c6", "#222b38"},
	},
	{
		"namespace", "namespace", "M3.5 7v-3.5h3.5M13 3.5h3.5v3.5M16.5 13v3.5h-3.5M7 16.5h-3.5v-3.5M7.5 7.5h5v5h-5z",
		tint{"#15803d", "#effaf2"},
		tint{"#63d489", "#13301e"},
	},
	{
		"external", "external", "M10 17a7 7 0 1 0 0-14a7 7 0 0 0 0 14zM3 10h14M10 3c-4.2 4.4-4.2 9.6 0 14c4.2-4.4 4.2-9.6 0-14z",
		tint{"#a21caf", "#fdf0ff"},
		tint{"#e58cf0", "#341838"},
	},
	{
		"admin", "cluster admin", "M10 2.6l6 2.4v4.4c0 4-2.6 6.6-6 8c-3.4-1.4-6-4-6-8v-4.4zM7.2 9.8l2 2l3.7-4",
		tint{"#c81e2c", "#c81e2c"},
		tint{"#e0434f", "#c02735"},
	},
	{"", "other", "M10 16a6 6 0 1 0 0-12a6 6 0 0 0 0 12z", tint{"#5b6675", "#f6f7f9"}, tint{"#97a3b3", "#1e2630"}},
}

// kindOf returns the number of a kind in kinds.
func kindOf(name string) int {
	for i := range kinds {
		if kinds[i].name == name {
			return i
		}
	}
	return len(kinds) - 1
}

// caption are the words under the node's label.
func (n *Node) caption() string {
	if k := kindOf(n.Kind); k < len(kinds)-1 {
		return kinds[k].words
	}
	return full(n.Kind)
}

var errNegativeWidth = errors.New("the width is negative")

// write writes what was drawn.
func write(w io.Writer, what string, b []byte) error {
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("writing the %s: %w", what, err)
	}
	return nil
}
