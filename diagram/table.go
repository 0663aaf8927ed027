package diagram

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/terminal"
)

// Table is a plain table. Rows may have fewer cells than others, and more than the head.
type Table struct {
	Head []string
	Rows [][]string
}

const (
	tableGap = 2
	// leastCell is the narrowest column; a table that needs narrower ones is written as a list of records.
	leastCell = 12
	// cellLines is how many lines a cell may take; the last one is shortened.
	cellLines = 12
)

// Write writes the table for a terminal of the given columns, at least 40; 0 is without a limit, as for a file. Cells that are too wide are
// wrapped, the widest columns first. If there are too many columns for that, every row is written as a record, a line for each cell. It
// returns a *LimitError for a table of more than MaxCells cells.
func (t *Table) Write(w io.Writer, width int) error {
	if width < 0 {
		return errNegativeWidth
	}
	if width > 0 {
		width = max(width, leastColumns)
	}
	columnCount := len(t.Head)
	for _, r := range t.Rows {
		columnCount = max(columnCount, len(r))
	}
	if columnCount == 0 {
		return nil
	}
	if n := (len(t.Rows) + 1); columnCount > MaxCells || n > MaxCells || n*columnCount > MaxCells {
		return &LimitError{"cells", n * columnCount, MaxCells}
	}
	d := &tableText{width: width, widths: make([]int, columnCount)}
	d.head = d.cleaned(t.Head)
	for _, r := range t.Rows {
		d.rows = append(d.rows, d.cleaned(r))
	}
	if !d.fit() {
		d.records()
	} else {
		if len(d.head) > 0 {
			d.row(d.head)
		}
		for _, r := range d.rows {
			d.row(r)
		}
	}
	return write(w, "table", []byte(d.String()))
}

type tableText struct {
	strings.Builder
	width  int
	widths []int
	head   []string
	rows   [][]string
}

// cleaned returns clean cells and makes the columns as wide as they are.
func (d *tableText) cleaned(cells []string) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = clean(c)
		d.widths[i] = max(d.widths[i], terminal.WidthInString(out[i]))
		if d.width == 0 {
			d.widths[i] = min(d.widths[i], fullMost) // a longer cell sticks out, and does not pad all others
		}
	}
	return out
}

// fit narrows the widest columns to one width until all fit, and reports whether they do.
func (d *tableText) fit() bool {
	room := d.width - tableGap*(len(d.widths)-1)
	total := 0
	for _, w := range d.widths {
		total += w
	}
	if d.width == 0 || total <= room {
		return true
	}
	// Narrow columns keep their width; the others share what is left.
	sorted := slices.Sorted(slices.Values(d.widths))
	left := room
	for i, w := range sorted {
		share := left / (len(sorted) - i)
		if w <= share {
			left -= w
			continue
		}
		if share < leastCell {
			return false
		}
		extra := left % (len(sorted) - i)
		for k, w := range d.widths {
			if w <= share {
				continue
			}
			d.widths[k] = share
			if extra > 0 {
				d.widths[k]++
				extra--
			}
		}
		return true
	}
	return true
}

// row writes the cells of a row beside each other, in as many lines as the longest needs.
func (d *tableText) row(cells []string) {
	lines := make([][]string, len(cells))
	most := 1
	for i, c := range cells {
		lines[i] = []string{c}
		if d.width > 0 {
			lines[i] = wrap(c, max(1, d.widths[i]), cellLines, terminal.RuneWidth, "…")
		}
		most = max(most, len(lines[i]))
	}
	for n := range most {
		var b strings.Builder
		for i := range cells {
			text := ""
			if n < len(lines[i]) {
				text = lines[i][n]
			}
			b.WriteString(text)
			if i+1 < len(cells) {
				b.WriteString(strings.Repeat(" ", max(0, d.widths[i]-terminal.WidthInString(text))+tableGap))
			}
		}
		d.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
}

// records writes each row as lines of a name and a value.
func (d *tableText) records() {
	names := make([]string, len(d.widths))
	widest := 0
	for i := range names {
		names[i] = fmt.Sprintf("column %d", i+1)
		if i < len(d.head) {
			names[i] = shorten(d.head[i], d.width/3, terminal.RuneWidth, "…")
		}
		widest = max(widest, terminal.WidthInString(names[i]))
	}
	for n, r := range d.rows {
		if n > 0 {
			d.WriteByte('\n')
		}
		for i, c := range r {
			for k, line := range wrap(c, d.width-widest-tableGap, cellLines, terminal.RuneWidth, "…") {
				name := names[i]
				if k > 0 {
					name = ""
				}
				d.WriteString(strings.TrimRight(name+strings.Repeat(" ", widest-terminal.WidthInString(name)+tableGap)+line, " ") + "\n")
			}
		}
	}
}
