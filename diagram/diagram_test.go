package diagram

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

var hostile = []string{"plain", "<script>alert(1)</script>", `"quoted" & 'single'`, "\x1b[31mred", "new\nline", "\xff\xfe", "\u202Eevil", "", strings.Repeat("x", 300), "ünïcode 漢字", `back\slash`}

func wellFormed(t testing.TB, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in %.200s", err, svg)
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == "script" {
			t.Fatal("a script")
		}
	}
}

func random(r *rand.Rand, nodes, edges int) *Graph {
	g := &Graph{Title: hostile[r.IntN(len(hostile))]}
	for i := range nodes {
		g.Nodes = append(g.Nodes, Node{ID: fmt.Sprint(i), Label: hostile[r.IntN(len(hostile))], Kind: "user"})
	}
	for range edges {
		g.Edges = append(g.Edges, Edge{From: fmt.Sprint(r.IntN(nodes)), To: fmt.Sprint(r.IntN(nodes)), Label: hostile[r.IntN(len(hostile))], Note: hostile[r.IntN(len(hostile))], Dashed: r.IntN(2) == 0})
	}
	return g
}

func TestGraphs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		g := random(r, 1+r.IntN(30), r.IntN(60))
		var a, b, dot bytes.Buffer
		if err := errors.Join(g.SVG(&a), g.SVG(&b), g.DOT(&dot)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatal("two pictures of one graph")
		}
		wellFormed(t, a.Bytes())
		if strings.ContainsAny(dot.String(), "\x1b\x00\u202E") || strings.Count(dot.String(), "\n") != len(g.Nodes)+len(g.Edges)+5 {
			t.Fatalf("DOT\n%s", dot.String())
		}
		index, _ := g.check()
		boxes, width, height := g.layout(index)
		for i, p := range boxes {
			if p.x < 0 || p.y < 0 || p.x+p.width > width || p.y+boxHeight > height {
				t.Fatalf("box %d is outside", i)
			}
			for k, q := range boxes[:i] {
				if p.x < q.x+q.width && q.x < p.x+p.width && p.y < q.y+boxHeight && q.y < p.y+boxHeight {
					t.Fatalf("boxes %d and %d overlap", i, k)
				}
			}
		}
	}
}

func TestStepsLeadToTheRight(t *testing.T) {
	g := &Graph{Nodes: []Node{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "d"}}, Edges: []Edge{{From: "a", To: "b"}, {From: "b", To: "c"}, {From: "a", To: "c"}, {From: "c", To: "d"}}}
	index, _ := g.check()
	if got := fmt.Sprint(g.columns(index)); got != "[0 1 2 3]" {
		t.Errorf("columns %s", got)
	}
	g.Edges = append(g.Edges, Edge{From: "d", To: "a"}) // a circle
	if got := fmt.Sprint(g.columns(index)); got != "[0 1 2 3]" {
		t.Errorf("columns of a circle %s", got)
	}
}

func TestRefusedGraphs(t *testing.T) {
	for want, g := range map[string]*Graph{
		"names a node":     {Nodes: []Node{{ID: "a"}}, Edges: []Edge{{From: "a", To: "b"}}},
		"have the id":      {Nodes: []Node{{ID: "a"}, {ID: "a"}}},
		"the most are":     {Nodes: make([]Node, MaxNodes+1)},
		"and 10001 edges ": {Nodes: []Node{{ID: "a"}}, Edges: make([]Edge, MaxEdges+1)},
	} {
		if err := g.SVG(io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
		if err := g.DOT(io.Discard); err == nil {
			t.Error("DOT draws it")
		}
	}
}

func TestMatrix(t *testing.T) {
	m := &Matrix{Title: "who reaches whom", Rows: hostile, Columns: hostile[:3]}
	for i := range m.Rows {
		m.Cells = append(m.Cells, []Cell{{Kind: Allow, Note: hostile[i]}, {Kind: Part}, {Kind: CellKind(i % 4)}})
	}
	var b bytes.Buffer
	if err := m.SVG(&b); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, b.Bytes())
	if n := strings.Count(b.String(), "<rect"); n != len(m.Rows)*3+4 {
		t.Errorf("%d cells", n)
	}
	m.Cells[2] = m.Cells[2][:1]
	if err := m.SVG(io.Discard); err == nil {
		t.Error("a row is too short")
	}
	m.Cells = m.Cells[:1]
	if err := m.SVG(io.Discard); err == nil {
		t.Error("rows are missing")
	}
}

func FuzzGraph(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, label, note string) {
		g := &Graph{Title: label, Nodes: []Node{{ID: "a", Label: label, Kind: note}, {ID: "b", Label: note}}, Edges: []Edge{{From: "a", To: "b", Label: label, Note: note}}}
		var b bytes.Buffer
		if err := g.SVG(&b); err != nil {
			t.Fatal(err)
		}
		wellFormed(t, b.Bytes())
	})
}
