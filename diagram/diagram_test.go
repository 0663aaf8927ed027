package diagram

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// golden compares with testdata; UPDATE_GOLDEN=1 writes the files anew.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (UPDATE_GOLDEN=1 rewrites it). Got:\n%s", path, got)
	}
}

// written returns what a method writes.
func written(t *testing.T, by func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := by(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func smallGraph() *Graph {
	return &Graph{
		Title: "From ci/deployer to cluster-admin",
		Nodes: []Node{
			{ID: "a", Label: "ci/deployer", Kind: "account", Highlight: true},
			{ID: "b", Label: "ci pods", Kind: "workload"},
			{ID: "c", Label: "cluster-admin", Kind: "admin"},
		},
		Edges: []Edge{
			{From: "a", To: "b", Label: "create pods", Note: "RoleBinding ci/deployer", Highlight: true},
			{From: "b", To: "c", Label: "read tokens", Highlight: true},
			{From: "a", To: "c", Dashed: true},
			{From: "c", To: "a"},
			{From: "b", To: "b", Label: "restart"},
		},
	}
}

func smallMatrix() *Matrix {
	names := []string{"shop/web", "shop/db", "internet"}
	return &Matrix{
		Title: "Who reaches whom", Rows: names, Columns: names,
		Cells: [][]Cell{
			{{Kind: "self"}, {Kind: "partial", Text: "5432", Title: "TCP 5432, by policy shop/db"}, {Kind: "deny"}},
			{{Kind: "deny"}, {Kind: "self"}, {Kind: "deny"}},
			{{Kind: "allow"}, {Kind: "unknown"}, {Kind: "self"}},
		},
	}
}

func TestGolden(t *testing.T) {
	golden(t, "graph.svg", written(t, smallGraph().SVG))
	golden(t, "graph.dot", written(t, smallGraph().DOT))
	golden(t, "matrix.svg", written(t, smallMatrix().SVG))
	var b bytes.Buffer
	for _, o := range []TextOptions{{}, {ASCII: true}, {Color: true}} {
		if err := smallMatrix().Text(&b, 80, o); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n")
	}
	golden(t, "matrix.txt", b.Bytes())
}

// hostile are texts that want to be something else.
var hostile = []string{
	"", " ", "a", "shop/web", `"`, `\`, `\N`, `a\`, `"]; n0 -> n1 [`, "&amp;", "&#0;", "<script>alert(1)</script>", "]]>", "--><!--", "</style>",
	"</title></svg>", "' onload='x", "\x00", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "\n", "a\r\nb", "\t", "\x7f", "\u009b31m", "\ufffe", "\uffff", "\ufffd",
	"\xff\xfe", "\xed\xa0\x80", "a\xc3", "\u202eevil\u202c", "\u2066x", "a\u200bb", "\u2028", "\ufeff", "社内/服务", "👩\u200d💻", "e\u0301\u0301\u0301\u0301\u0301\u0301", "\u0301",
	"\u3164", "\U000e0041", "\U0010ffff", "url(#x)", "javascript:alert(1)", "{{.}}", strings.Repeat("ns/very-long-name-", 40), strings.Repeat("W", 500), strings.Repeat("社", 200),
	strings.Repeat("\x1b", 300), strings.Repeat(" ", 300), strings.Repeat("a ", 300),
}

func randomGraph(r *rand.Rand, nodes, edges int, texts []string) *Graph {
	text := func() string { return texts[r.IntN(len(texts))] }
	g := &Graph{Title: text(), Legend: Legend{Highlight: text(), Dashed: text()}}
	names := []string{"", "user", "group", "account", "secret", "node", "admin", "workload", "namespace", "external", text()}
	for i := range nodes {
		g.Nodes = append(g.Nodes, Node{ID: strconv.Itoa(i) + text(), Label: text(), Kind: names[r.IntN(len(names))], Highlight: r.IntN(5) == 0})
	}
	for range edges {
		e := Edge{From: g.Nodes[r.IntN(nodes)].ID, To: g.Nodes[r.IntN(nodes)].ID, Dashed: r.IntN(4) == 0, Highlight: r.IntN(4) == 0}
		if r.IntN(2) == 0 {
			e.Label = text()
		}
		if r.IntN(4) == 0 {
			e.Note = text()
		}
		g.Edges = append(g.Edges, e)
	}
	return g
}

func randomMatrix(r *rand.Rand, rows, cols int, texts []string) *Matrix {
	text := func() string { return texts[r.IntN(len(texts))] }
	m := &Matrix{Title: text(), Legend: MatrixLegend{Allow: text(), Self: text()}}
	for range rows {
		m.Rows = append(m.Rows, text())
	}
	for range cols {
		m.Columns = append(m.Columns, text())
	}
	for range rows {
		row := make([]Cell, cols)
		for c := range row {
			row[c].Kind = []string{"allow", "deny", "partial", "unknown", "self", "", text()}[r.IntN(7)]
			if r.IntN(5) == 0 {
				row[c].Text, row[c].Title = text(), text()
			}
		}
		m.Cells = append(m.Cells, row)
	}
	return m
}

// wellFormed checks that a picture is XML with the elements and attributes of this package only: no text has become markup.
func wellFormed(t *testing.T, svg []byte) {
	t.Helper()
	elements := " svg title desc style rect path circle text g "
	attributes := " xmlns id role aria-labelledby width height viewBox class x y rx cx cy r d transform font-size "
	d := xml.NewDecoder(bytes.NewReader(svg))
	ids := map[string]bool{}
	labelled := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not well-formed: %v in\n%q", err, svg)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if !strings.Contains(elements, " "+e.Name.Local+" ") {
				t.Fatalf("element %s", e.Name.Local)
			}
			for _, a := range e.Attr {
				if !strings.Contains(attributes, " "+a.Name.Local+" ") {
					t.Fatalf("attribute %s=%q", a.Name.Local, a.Value)
				}
				switch a.Name.Local {
				case "id":
					ids[a.Value] = true
				case "aria-labelledby":
					labelled = a.Value
				}
			}
		case xml.CharData:
			for _, r := range string(e) {
				if r != '\n' && !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) {
					t.Fatalf("%U in a text", r)
				}
			}
		case xml.Comment, xml.ProcInst, xml.Directive:
			t.Fatalf("%T in a picture", e)
		}
	}
	for id := range strings.FieldsSeq(labelled) {
		if !ids[id] {
			t.Fatalf("labelled by %q, which is nowhere", id)
		}
	}
	if labelled == "" || !bytes.Contains(svg, []byte(`role="img"`)) || bytes.Contains(svg, []byte("url(")) && bytes.Contains(svg, []byte("href")) {
		t.Fatal("not accessible, or not alone")
	}
}

func TestHostile(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		n := 1 + r.IntN(30)
		g := randomGraph(r, n, r.IntN(3*n), hostile)
		wellFormed(t, written(t, g.SVG))
		m := randomMatrix(r, r.IntN(40), r.IntN(40), hostile)
		wellFormed(t, written(t, m.SVG))
	}
	for _, g := range []*Graph{{}, {Nodes: []Node{{}}}, {Nodes: []Node{{ID: "a"}}, Edges: []Edge{{From: "a", To: "a"}, {From: "a", To: "a"}}}} {
		wellFormed(t, written(t, g.SVG))
	}
	for _, m := range []*Matrix{{}, {Rows: []string{"a"}, Cells: [][]Cell{{}}}, {Columns: []string{"a"}}} {
		wellFormed(t, written(t, m.SVG))
	}
}

func TestDeterministic(t *testing.T) {
	for _, size := range []int{3, 40, 200} {
		make2 := func(by func(*rand.Rand) []byte) {
			if a, b := by(rand.New(rand.NewPCG(7, 7))), by(rand.New(rand.NewPCG(7, 7))); !bytes.Equal(a, b) {
				t.Errorf("size %d: the same value gave other bytes", size)
			}
		}
		make2(func(r *rand.Rand) []byte { return written(t, randomGraph(r, size, 2*size, hostile).SVG) })
		make2(func(r *rand.Rand) []byte { return written(t, randomGraph(r, size, 2*size, hostile).DOT) })
		make2(func(r *rand.Rand) []byte { return written(t, randomMatrix(r, size, size, hostile).SVG) })
	}
}

func TestLimits(t *testing.T) {
	nodes := func(n int) *Graph {
		g := &Graph{}
		for i := range n {
			g.Nodes = append(g.Nodes, Node{ID: strconv.Itoa(i)})
		}
		return g
	}
	edges := nodes(2)
	for range MaxEdges + 1 {
		edges.Edges = append(edges.Edges, Edge{From: "0", To: "1"})
	}
	// A chain of all nodes, and edges that jump over all of it.
	long := nodes(MaxNodes)
	for i := range MaxNodes - 1 {
		long.Edges = append(long.Edges, Edge{From: strconv.Itoa(i), To: strconv.Itoa(i + 1)}, Edge{From: "0", To: strconv.Itoa(i + 1)})
	}
	for what, err := range map[string]error{
		"nodes":         nodes(MaxNodes + 1).SVG(io.Discard),
		"edges":         edges.DOT(io.Discard),
		"edge segments": long.SVG(io.Discard),
		"cells":         (&Matrix{Rows: make([]string, 1000), Columns: make([]string, 1000)}).SVG(io.Discard),
	} {
		var limit *LimitError
		if !errors.As(err, &limit) || limit.What != what || limit.Count <= limit.Limit || !strings.Contains(err.Error(), strconv.Itoa(limit.Limit)) {
			t.Errorf("%s: %v", what, err)
		}
	}
	// What is within the limits is drawn, whatever its shape: a star, and everything with everything.
	star := nodes(MaxNodes)
	for i := range MaxEdges {
		star.Edges = append(star.Edges, Edge{From: strconv.Itoa(1 + i%(MaxNodes-1)), To: "0", Label: "x"})
	}
	halves := nodes(200)
	for i := range MaxEdges {
		halves.Edges = append(halves.Edges, Edge{From: strconv.Itoa(i / 100), To: strconv.Itoa(100 + i%100)})
	}
	for _, g := range []*Graph{star, halves, nodes(MaxNodes)} {
		wellFormed(t, written(t, g.SVG))
	}
	cells := &Matrix{Rows: make([]string, 500), Columns: make([]string, 500)}
	for range 500 {
		cells.Cells = append(cells.Cells, make([]Cell, 500))
	}
	wellFormed(t, written(t, cells.SVG))
}

// One endless name does not make a picture of its size times that of the graph.
func TestEndlessName(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	g := &Graph{Nodes: []Node{{ID: "a", Label: long}, {ID: "b", Label: long, Kind: long}}}
	m := &Matrix{Rows: []string{long}, Columns: make([]string, 500), Cells: [][]Cell{make([]Cell, 500)}}
	table := &Table{Head: []string{"a", "b"}, Rows: [][]string{{long, "x"}}}
	for range 500 {
		g.Edges = append(g.Edges, Edge{From: "a", To: "b"})
		table.Rows = append(table.Rows, []string{"a", "b"})
	}
	for name, by := range map[string]func(io.Writer) error{
		"svg": g.SVG, "dot": g.DOT, "matrix": m.SVG,
		"text":  func(w io.Writer) error { return m.Text(w, 0, TextOptions{}) },
		"table": func(w io.Writer) error { return table.Write(w, 0) },
	} {
		if n := len(written(t, by)); n > 2<<20 {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

func TestBroken(t *testing.T) {
	for name, err := range map[string]error{
		"two nodes":  (&Graph{Nodes: []Node{{ID: "a"}, {ID: "a"}}}).SVG(io.Discard),
		"no from":    (&Graph{Nodes: []Node{{ID: "a"}}, Edges: []Edge{{From: "x", To: "a"}}}).SVG(io.Discard),
		"no to":      (&Graph{Nodes: []Node{{ID: "a"}}, Edges: []Edge{{From: "a", To: "x"}}}).DOT(io.Discard),
		"no row":     (&Matrix{Rows: []string{"a"}}).SVG(io.Discard),
		"short row":  (&Matrix{Rows: []string{"a"}, Columns: []string{"a"}, Cells: [][]Cell{{}}}).Text(io.Discard, 80, TextOptions{}),
		"width":      smallMatrix().Text(io.Discard, -1, TextOptions{}),
		"full disk":  smallGraph().SVG(fullDisk{}),
		"full disk2": (&Table{Head: []string{"a"}}).Write(fullDisk{}, 80),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space") }
