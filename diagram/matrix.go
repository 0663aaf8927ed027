package diagram

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"
)

// CellKind is what a cell of a matrix says.
type CellKind uint8

// The kinds of cells.
const (
	Deny CellKind = iota
	Allow
	Part // some of it
	Unknown
)

func (k CellKind) class() string { return [...]string{"deny", "allow", "part", "unknown"}[k] }

// Cell is one cell of a matrix.
type Cell struct {
	Kind CellKind
	// Note is told when the pointer rests on the cell.
	Note string
}

// MaxCells is the largest matrix that is drawn.
const MaxCells = 250_000

// Matrix says of every pair of a row and a column how they are.
type Matrix struct {
	Title         string
	Rows, Columns []string
	Cells         [][]Cell // by row and column
}

const cellSize = 22

// SVG draws the matrix.
func (m *Matrix) SVG(w io.Writer) error {
	if len(m.Rows)*len(m.Columns) > MaxCells {
		return fmt.Errorf("a matrix of %d rows and %d columns is not drawn: the most are %d cells", len(m.Rows), len(m.Columns), MaxCells)
	}
	if len(m.Cells) != len(m.Rows) {
		return fmt.Errorf("a matrix has %d rows of cells for %d names", len(m.Cells), len(m.Rows))
	}
	left, top := widest(m.Rows)+margin+8, widest(m.Columns)+margin+46
	b := bufio.NewWriter(w)
	width := max(left+len(m.Columns)*cellSize+margin, 2*margin+9*utf8.RuneCountInString(m.Title))
	head(b, m.Title, strconv.Itoa(len(m.Rows))+" rows, "+strconv.Itoa(len(m.Columns))+" columns", width, top+len(m.Rows)*cellSize+margin+26)
	for k, name := range m.Columns {
		x := left + k*cellSize + cellSize/2 + 4
		fmt.Fprintf(b, `<text x="%d" y="%d" transform="rotate(-90 %d %d)"><title>%s</title>%s</text>`+"\n", x, top-8, x, top-8, escape(name), escape(shorten(name, maxLabel)))
	}
	for i, name := range m.Rows {
		if len(m.Cells[i]) != len(m.Columns) {
			return fmt.Errorf("row %d of a matrix has %d cells for %d columns", i, len(m.Cells[i]), len(m.Columns))
		}
		y := top + i*cellSize
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end"><title>%s</title>%s</text>`+"\n", left-8, y+15, escape(name), escape(shorten(name, maxLabel)))
		for k, c := range m.Cells[i] {
			fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="%d" height="%d"><title>%s</title></rect>`+"\n", c.Kind.class(), left+k*cellSize, y, cellSize-2, cellSize-2, escape(c.Note))
		}
	}
	x, y := margin, top+len(m.Rows)*cellSize+18
	for _, l := range []struct{ class, text string }{{"allow", "everything"}, {"part", "some ports"}, {"deny", "nothing"}, {"unknown", "cannot be told"}} {
		fmt.Fprintf(b, `<rect class="%s" x="%d" y="%d" width="12" height="12"/><text class="l" x="%d" y="%d">%s</text>`+"\n", l.class, x, y, x+16, y+10, l.text)
		x += 30 + 7*len(l.text)
	}
	b.WriteString("</svg>\n")
	return b.Flush()
}

func widest(names []string) int {
	most := 0
	for _, n := range names {
		most = max(most, utf8.RuneCountInString(shorten(n, maxLabel))*charWidth+10)
	}
	return most
}
