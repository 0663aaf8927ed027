package diagram

import (
	"fmt"
	"strings"

	"github.com/kubeharden/kubeharden/terminal"
)

// Matrix says for every row and column what holds between them: who (row) reaches whom (column).
type Matrix struct {
	Title string
	// Description is for those who cannot see the picture. If empty, the cells are counted in words.
	Description   string
	Rows, Columns []string
	// Cells has a slice for each row, with a cell for each column.
	Cells  [][]Cell
	Legend MatrixLegend
}

// MatrixLegend says what the kinds of cells mean. Only those that occur are explained.
type MatrixLegend struct {
	Allow   string // default "allowed"
	Deny    string // default "denied"
	Partial string // default "in part"
	Unknown string // default "unknown"
	Self    string // default "itself"
}

// Cell is one cell of a matrix.
type Cell struct {
	// Text is a word or two shown in the cell of the picture ("443"). Terminals show the symbol only.
	Text string
	// Kind is allow, deny, partial, unknown or self. Anything else is unknown: what is not known is never shown as denied.
	Kind string
	// Title is the full story of the cell, for who points at it.
	Title string
}

// mark is a kind of cell.
type mark int

const (
	allow mark = iota
	partial
	deny
	unknown
	self
	marks // how many there are
)

func (c *Cell) mark() mark {
	switch c.Kind {
	case "allow":
		return allow
	case "partial":
		return partial
	case "deny":
		return deny
	case "self":
		return self
	}
	return unknown
}

// words are what the legend says for each kind.
func (m *Matrix) words() [marks]string {
	w := [marks]string{allow: "allowed", partial: "in part", deny: "denied", unknown: "unknown", self: "itself"}
	given := [marks]string{allow: m.Legend.Allow, partial: m.Legend.Partial, deny: m.Legend.Deny, unknown: m.Legend.Unknown, self: m.Legend.Self}
	for k, s := range given {
		if s != "" {
			w[k] = shorten(clean(s), 30, terminal.RuneWidth, "…")
		}
	}
	return w
}

// check returns how many cells of each kind there are, or the error in the matrix.
func (m *Matrix) check() (counts [marks]int, err error) {
	if len(m.Rows) > MaxCells || len(m.Columns) > MaxCells || len(m.Rows)*len(m.Columns) > MaxCells {
		return counts, &LimitError{"cells", len(m.Rows) * len(m.Columns), MaxCells}
	}
	if len(m.Cells) != len(m.Rows) {
		return counts, fmt.Errorf("the matrix has %d rows of cells for %d rows", len(m.Cells), len(m.Rows))
	}
	for r, row := range m.Cells {
		if len(row) != len(m.Columns) {
			return counts, fmt.Errorf("row %d of the matrix has %d cells for %d columns", r, len(row), len(m.Columns))
		}
		for c := range row {
			counts[row[c].mark()]++
		}
	}
	return counts, nil
}

// summary counts the cells in words.
func (m *Matrix) summary(counts [marks]int) string {
	parts := make([]string, 0, marks)
	for k, w := range m.words() {
		if counts[k] > 0 {
			parts = append(parts, decimal(counts[k])+" "+w)
		}
	}
	s := "Matrix of " + decimal(len(m.Rows)) + " rows and " + decimal(len(m.Columns)) + " columns"
	if len(parts) > 0 {
		s += ": " + strings.Join(parts, ", ")
	}
	return s + "."
}
