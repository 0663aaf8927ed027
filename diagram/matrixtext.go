package diagram

import (
	"io"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/terminal"
)

// leastColumns is the narrowest terminal that texts are laid out for.
const leastColumns = 40

// TextOptions are how a matrix looks in a terminal.
type TextOptions struct {
	ASCII bool // symbols that every terminal has
	Color bool // ANSI colours
}

// symbols of the kinds of cells, and their colours (ECMA-48 SGR).
var (
	symbols      = [marks]string{allow: "●", partial: "◐", deny: "·", unknown: "?", self: "-"}
	asciiSymbols = [marks]string{allow: "#", partial: "~", deny: ".", unknown: "?", self: "-"}
	colors       = [marks]string{allow: "\x1b[36m", partial: "\x1b[33m", deny: "\x1b[2m", unknown: "\x1b[35m", self: "\x1b[2m"}
)

// Text writes the matrix for a terminal of the given columns, at least 40; 0 is without a limit, as for a file. If the names of the columns
// do not fit above the cells, numbers stand there, and the names below; if the columns do not fit beside each other, the matrix comes in
// several parts. Errors are those of SVG.
func (m *Matrix) Text(w io.Writer, width int, opts TextOptions) error {
	counts, err := m.check()
	if err != nil {
		return err
	}
	if width < 0 {
		return errNegativeWidth
	}
	if width > 0 {
		width = max(width, leastColumns)
	}
	t := &matrixText{m: m, width: width, color: opts.Color, symbols: symbols, ellipsis: "…"}
	if opts.ASCII {
		t.symbols, t.ellipsis = asciiSymbols, "..."
	}
	t.names()
	if m.Title != "" {
		t.line(t.cut(clean(m.Title), width))
		t.line("")
	}
	if len(m.Rows)*len(m.Columns) == 0 {
		t.line("There is nothing to show.")
		return write(w, "matrix", []byte(t.String()))
	}
	for from := 0; from < len(t.columns); from += t.part {
		if from > 0 {
			t.line("")
		}
		t.block(from, min(from+t.part, len(t.columns)))
	}
	t.legend(counts)
	return write(w, "matrix", []byte(t.String()))
}

type matrixText struct {
	strings.Builder
	m             *Matrix
	width         int
	color         bool
	symbols       [marks]string
	ellipsis      string
	rows, columns []string
	heads         []string // above the cells: names or numbers
	numbered      bool
	label         int   // columns of the terminal for a row's name
	cells         []int // and for each column
	part          int   // how many columns stand beside each other
}

func (t *matrixText) cut(s string, width int) string {
	if width == 0 {
		return s
	}
	return shorten(s, width, terminal.RuneWidth, t.ellipsis)
}

func (t *matrixText) line(s string) { t.WriteString(strings.TrimRight(s, " ") + "\n") }

// names decides between names and numbers. If rows and columns are the same, the numbers stand before the rows and need no list.
func (t *matrixText) names() {
	longest := 0
	same := slices.Equal(t.m.Rows, t.m.Columns)
	for _, c := range t.m.Columns {
		t.columns = append(t.columns, full(c))
	}
	for _, r := range t.m.Rows {
		t.rows = append(t.rows, full(r))
		longest = max(longest, terminal.WidthInString(t.rows[len(t.rows)-1]))
	}
	total := longest
	for _, c := range t.columns {
		total += 2 + terminal.WidthInString(c)
	}
	limit := t.width
	if limit == 0 {
		limit = 120 // names of a file's matrix, too, are to stand on a screen
	}
	t.numbered = total > limit
	digits := len(decimal(len(t.columns)))
	if t.numbered && same {
		for i, r := range t.rows {
			n := decimal(i + 1)
			t.rows[i] = strings.Repeat(" ", digits-len(n)) + n + " " + r
		}
		longest += digits + 1
	}
	t.label = longest
	if t.width > 0 {
		t.label = min(longest, max(16, t.width*2/5))
		if !t.numbered {
			t.label = longest
		}
	}
	for i, c := range t.columns {
		if t.numbered {
			c = decimal(i + 1)
		}
		t.heads = append(t.heads, c)
		t.cells = append(t.cells, terminal.WidthInString(c))
	}
	t.part = len(t.columns)
	if t.numbered {
		for i := range t.cells {
			t.cells[i] = digits
		}
		if t.width > 0 {
			t.part = min(t.part, max(1, (t.width-t.label)/(digits+1)))
		}
	}
}

// gap stands before a cell.
func (t *matrixText) gap() string {
	if t.numbered {
		return " "
	}
	return "  "
}

// block writes some of the columns with their heads.
func (t *matrixText) block(from, to int) {
	var b strings.Builder
	b.WriteString(strings.Repeat(" ", t.label))
	for c := from; c < to; c++ {
		b.WriteString(t.gap() + strings.Repeat(" ", max(0, t.cells[c]-terminal.WidthInString(t.heads[c]))) + t.heads[c])
	}
	t.line(b.String())
	for r, name := range t.rows {
		b.Reset()
		name = shorten(name, t.label, terminal.RuneWidth, t.ellipsis)
		b.WriteString(name + strings.Repeat(" ", t.label-terminal.WidthInString(name)))
		for c := from; c < to; c++ {
			k := t.m.Cells[r][c].mark()
			right := t.cells[c] - 1
			if !t.numbered {
				right /= 2 // in the middle below a name
			}
			b.WriteString(t.gap() + strings.Repeat(" ", max(0, right)) + t.symbol(k) + strings.Repeat(" ", max(0, t.cells[c]-1-right)))
		}
		t.line(b.String())
	}
}

func (t *matrixText) symbol(k mark) string {
	if t.color {
		return colors[k] + t.symbols[k] + "\x1b[0m"
	}
	return t.symbols[k]
}

// legend explains the symbols that occur, and the numbers.
func (t *matrixText) legend(counts [marks]int) {
	t.line("")
	var b strings.Builder
	used := 0
	for k, w := range t.m.words() {
		if counts[k] == 0 {
			continue
		}
		entry := 2 + terminal.WidthInString(w) + 1 + len(decimal(counts[k]))
		if used > 0 && t.width > 0 && used+3+entry > t.width {
			t.line(b.String())
			b.Reset()
			used = 0
		}
		if used > 0 {
			b.WriteString("   ")
			used += 3
		}
		b.WriteString(t.symbol(mark(k)) + " " + w + " " + decimal(counts[k]))
		used += entry
	}
	t.line(b.String())
	if !t.numbered || slices.Equal(t.m.Rows, t.m.Columns) {
		return
	}
	t.line("")
	digits := len(decimal(len(t.columns)))
	for i, name := range t.columns {
		n := decimal(i + 1)
		t.line(strings.Repeat(" ", digits-len(n)) + n + " " + t.cut(name, max(0, t.width-digits-1)))
	}
}
