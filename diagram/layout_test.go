package diagram

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// rect is an area of the picture; edges are areas too, as wide as their curve may be.
type rect struct{ x0, y0, x1, y1 int }

func (a rect) meets(b rect) bool { return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1 }

// areas returns the boxes of nodes and labels, and the level lines of edges where they pass a column.
func (p *layout) areas() (boxes, lines []rect) {
	for i := range p.parts {
		c := &p.parts[i]
		for k := range c.items {
			it := &c.items[k]
			x, y := c.x0+c.left[it.layer], c.y0+it.y
			switch it.sort {
			case nodeItem:
				boxes = append(boxes, rect{x, y - it.h/2, x + c.width[it.layer], y - it.h/2 + it.h})
			case labelItem:
				x += (c.width[it.layer] - it.w) / 2
				boxes = append(boxes, rect{x, y - it.h/2, x + it.w, y - it.h/2 + it.h})
			case bendItem:
				lines = append(lines, rect{x, y - 1, x + c.width[it.layer], y + 1})
			}
		}
	}
	return boxes, lines
}

// No box of a node or label meets another one, no edge runs through a box, and all is inside of the picture. Curves need no look: they
// run between columns, where no boxes are.
func TestNothingOverlaps(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for round := range 120 {
		n := 1 + r.IntN(60)
		g := randomGraph(r, n, r.IntN(2*n), hostile)
		p, err := g.plan()
		if err != nil {
			t.Fatal(err)
		}
		boxes, lines := p.areas()
		for i, a := range boxes {
			if a.x0 < 0 || a.y0 < 0 || a.x1 > p.w || a.y1 > p.h {
				t.Fatalf("round %d: %v is outside of %d×%d", round, a, p.w, p.h)
			}
			for _, b := range boxes[i+1:] {
				if a.meets(b) {
					t.Fatalf("round %d: %v meets %v", round, a, b)
				}
			}
			for _, l := range lines {
				if a.meets(l) {
					t.Fatalf("round %d: the edge %v runs through %v", round, l, a)
				}
			}
		}
	}
}

// Edges lead to the right, but for those that close a cycle, and every edge runs through neighbouring columns.
func TestColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for range 100 {
		n := 1 + r.IntN(50)
		g := randomGraph(r, n, r.IntN(3*n), hostile)
		p, err := g.plan()
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for i := range p.parts {
			c := &p.parts[i]
			for _, ch := range c.chains {
				seen++
				for k := 1; k < len(ch.items); k++ {
					if c.items[ch.items[k]].layer != c.items[ch.items[k-1]].layer+1 {
						t.Fatalf("edge %d jumps over a column", ch.edge)
					}
				}
				ends := [2]int{c.items[ch.items[0]].ref, c.items[ch.items[len(ch.items)-1]].ref}
				want := [2]int{p.from[ch.edge], p.to[ch.edge]}
				if p.reversed[ch.edge] {
					want[0], want[1] = want[1], want[0]
				}
				if ends != want {
					t.Fatalf("edge %d joins %v, not %v", ch.edge, ends, want)
				}
			}
		}
		for e := range g.Edges {
			if p.from[e] == p.to[e] {
				seen++
			}
		}
		if seen != len(g.Edges) {
			t.Fatalf("%d of %d edges are drawn", seen, len(g.Edges))
		}
	}
}

func edgesOf(pairs ...[2]int) *Graph {
	g := &Graph{}
	n := 0
	for _, p := range pairs {
		n = max(n, p[0]+1, p[1]+1)
		g.Edges = append(g.Edges, Edge{From: fmt.Sprint(p[0]), To: fmt.Sprint(p[1])})
	}
	for i := range n {
		g.Nodes = append(g.Nodes, Node{ID: fmt.Sprint(i)})
	}
	return g
}

func TestLayers(t *testing.T) {
	for name, c := range map[string]struct {
		g        *Graph
		layers   []int
		reversed int
	}{
		"path":           {edgesOf([2]int{0, 1}, [2]int{1, 2}), []int{0, 1, 2}, 0},
		"short cut":      {edgesOf([2]int{0, 2}, [2]int{0, 1}, [2]int{1, 2}), []int{0, 1, 2}, 0},
		"near the goal":  {edgesOf([2]int{0, 1}, [2]int{1, 2}, [2]int{3, 2}), []int{0, 1, 2, 1}, 0},
		"cycle":          {edgesOf([2]int{0, 1}, [2]int{1, 2}, [2]int{2, 0}), []int{0, 1, 2}, 1},
		"there and back": {edgesOf([2]int{0, 1}, [2]int{1, 0}), []int{0, 1}, 1},
		"cycle behind":   {edgesOf([2]int{1, 0}, [2]int{0, 1}, [2]int{2, 1}), []int{2, 1, 0}, 1},
		"two parts":      {edgesOf([2]int{0, 1}, [2]int{2, 3}), []int{0, 1, 0, 1}, 0},
		"loop":           {edgesOf([2]int{0, 0}), []int{0}, 0},
	} {
		p, err := c.g.plan()
		if err != nil {
			t.Fatal(err)
		}
		reversed := 0
		for _, r := range p.reversed {
			if r {
				reversed++
			}
		}
		if fmt.Sprint(p.layer) != fmt.Sprint(c.layers) || reversed != c.reversed {
			t.Errorf("%s: columns %v, %d reversed; want %v, %d", name, p.layer, reversed, c.layers, c.reversed)
		}
	}
}

// Crossings that are not needed are gone, and a highlighted path is one level line.
func TestOrder(t *testing.T) {
	g := edgesOf([2]int{0, 5}, [2]int{1, 4}, [2]int{2, 3}, [2]int{0, 4}, [2]int{3, 6}, [2]int{4, 7}, [2]int{5, 8})
	p, err := g.plan()
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.parts {
		if n := p.parts[i].crossings(); n != 0 {
			t.Errorf("%d crossings", n)
		}
	}
	path := edgesOf([2]int{0, 1}, [2]int{1, 2}, [2]int{2, 3}, [2]int{0, 4}, [2]int{0, 5}, [2]int{1, 6}, [2]int{7, 3}, [2]int{8, 3})
	for e := range 3 {
		path.Edges[e].Highlight = true
		path.Edges[e].Label = "hop"
	}
	if p, err = path.plan(); err != nil {
		t.Fatal(err)
	}
	c := &p.parts[0]
	for _, ch := range c.chains[:3] {
		for _, i := range ch.items {
			if c.items[i].y != c.items[ch.items[0]].y {
				t.Errorf("edge %d is not level", ch.edge)
			}
		}
	}
}

// The count by a tree of sums is that of the definition.
func TestCrossings(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for range 50 {
		p, err := randomGraph(r, 12, 20, hostile[:3]).plan()
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.parts {
			c := &p.parts[i]
			want := int64(0)
			for a := range c.items {
				for b := range c.items {
					if c.items[a].layer != c.items[b].layer || c.items[a].pos >= c.items[b].pos {
						continue
					}
					for _, la := range c.items[a].next {
						for _, lb := range c.items[b].next {
							if c.items[la.to].pos > c.items[lb.to].pos {
								want++
							}
						}
					}
				}
			}
			if got := c.crossings(); got != want {
				t.Fatalf("%d crossings, want %d", got, want)
			}
		}
	}
}

// Neighbours change places only where that saves crossings.
func TestSwapNeighbours(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for range 50 {
		p, err := randomGraph(r, 20, 30, hostile[:3]).plan()
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.parts {
			c := &p.parts[i]
			for _, layer := range c.layers {
				r.Shuffle(len(layer), func(a, b int) { layer[a], layer[b] = layer[b], layer[a] })
			}
			c.number()
			before := c.crossings()
			c.swapNeighbours()
			if after := c.crossings(); after > before {
				t.Fatalf("%d crossings became %d", before, after)
			}
			now := c.crossings()
			if c.number(); c.crossings() != now {
				t.Fatal("items do not know their places")
			}
		}
	}
}
