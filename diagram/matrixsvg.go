package diagram

import (
	"io"
	"strings"
)

var cellFont = font{10, true}

const (
	headMost     = 180 // width of the name of a row or column
	cellTextMost = 64
	// titlesMost is up to how many cells every cell has words of its own; a larger matrix has them where the caller gives them.
	titlesMost = 10_000
)

// SVG writes the matrix as a picture. It returns a *LimitError for a matrix that is too large, and an error if rows, columns and cells do
// not match.
func (m *Matrix) SVG(w io.Writer) error {
	counts, err := m.check()
	if err != nil {
		return err
	}
	d := &matrixDrawing{m: m, words: m.words()}
	d.measure()
	title := clean(m.Title)
	width := max(d.w, leastWidth)
	top := margin
	if title != "" {
		d.text("title", margin, margin+16, titleFont.cut(title, width))
		top += titleHeight
	}
	if len(m.Rows)*len(m.Columns) == 0 {
		d.text("key", margin, top+14, "There is nothing to show.")
		d.head = 20
	}
	d.x0, d.y0 = margin+d.rowWidth, top+d.head
	d.names()
	for r := range m.Cells {
		for c := range m.Cells[r] {
			d.cell(r, c)
		}
	}
	d.tiles()
	bottom := d.y0 + len(m.Rows)*d.pitch
	if keys := d.keys(counts); len(keys) > 0 {
		bottom += 18
		d.add(`<path class="rule" d="M`, margin, ` `, bottom, `H`, margin+width, "\"/>\n")
		bottom += 10 + legend(&d.svg, keys, margin, bottom+10, width) - 12
	}
	if title == "" {
		title = "Matrix"
	}
	desc := clean(m.Description)
	if desc == "" {
		desc = m.summary(counts)
	}
	pic := picture{title, desc, width + 2*margin, bottom + margin, matrixStyle, matrixDark}
	return write(w, "matrix", pic.bytes(d.String()))
}

type matrixDrawing struct {
	svg
	m               *Matrix
	words           [marks]string
	rows, columns   []string // clean, in full
	font            font     // of names
	pitch, cellW    int      // height and width of a cell with its gap
	rowWidth, head  int      // room for names on the left and on top
	x0, y0, w       int
	quiet           [marks][]byte // path data of the cells that say nothing but their kind
	showTexts, tell bool
}

// measure finds sizes: many cells are small.
func (d *matrixDrawing) measure() {
	most := max(len(d.m.Rows), len(d.m.Columns))
	switch {
	case most <= 30:
		d.pitch, d.font.size = 26, 12
	case most <= 80:
		d.pitch, d.font.size = 18, 11
	default:
		d.pitch, d.font.size = 14, 9
	}
	d.cellW = d.pitch
	d.tell = len(d.m.Rows)*len(d.m.Columns) <= titlesMost
	if d.pitch == 26 {
		for _, row := range d.m.Cells {
			for c := range row {
				if row[c].Text != "" {
					d.showTexts = true
					d.cellW = max(d.cellW, min(cellTextMost, cellFont.width(clean(row[c].Text)))+10)
				}
			}
		}
	}
	widest := 0
	for _, r := range d.m.Rows {
		d.rows = append(d.rows, full(r))
		d.rowWidth = max(d.rowWidth, min(headMost, d.font.width(d.rows[len(d.rows)-1]))+12)
	}
	lean := 0
	for i, c := range d.m.Columns {
		d.columns = append(d.columns, full(c))
		w := min(headMost, d.font.width(d.columns[i]))
		widest = max(widest, w)
		lean = max(lean, (i+1)*d.cellW+w*71/100)
	}
	d.head = widest*71/100 + 20 // names lean by 45 degrees
	d.w = d.rowWidth + max(lean, len(d.columns)*d.cellW)
}

// names draws the names of rows and columns, and a line every five for the eye.
func (d *matrixDrawing) names() {
	right, bottom := d.x0+len(d.columns)*d.cellW, d.y0+len(d.rows)*d.pitch
	for r, name := range d.rows {
		y := d.y0 + r*d.pitch
		if r > 0 && r%5 == 0 && len(d.rows) > 15 {
			d.add(`<path class="guide" d="M`, margin, ` `, y, `H`, right, "\"/>\n")
		}
		d.add(`<g class="name" font-size="`, d.font.size, `"><title>`, escaped(name), "</title>")
		d.text("", margin, y+d.pitch/2+4, d.font.cut(name, headMost))
		d.add("</g>\n")
	}
	for c, name := range d.columns {
		x := d.x0 + c*d.cellW
		if c > 0 && c%5 == 0 && len(d.columns) > 15 {
			d.add(`<path class="guide" d="M`, x, ` `, bottom, `V`, d.y0-4, `l10 -10"/>`, "\n")
		}
		d.add(`<g class="name" font-size="`, d.font.size, `" transform="translate(`, x+d.cellW/2+3, ` `, d.y0-7, `) rotate(-45)"><title>`, escaped(name), "</title>")
		d.text("", 0, 0, d.font.cut(name, headMost))
		d.add("</g>\n")
	}
}

// box appends the path of a cell's square.
func box(b []byte, x, y, w, h int) []byte {
	for _, part := range []any{"M", x, " ", y, "h", w, "v", h, "h", -w, "z"} {
		switch p := part.(type) {
		case string:
			b = append(b, p...)
		case int:
			b = append(b, decimal(p)...)
		}
	}
	return b
}

// cell draws a cell with words of its own, or adds it to those that are drawn as one path.
func (d *matrixDrawing) cell(r, c int) {
	cell := &d.m.Cells[r][c]
	k := cell.mark()
	x, y, w, h := d.x0+c*d.cellW+1, d.y0+r*d.pitch+1, d.cellW-2, d.pitch-2
	text := ""
	if d.showTexts {
		text = cellFont.cut(clean(cell.Text), cellTextMost)
	}
	told := cell.Title != "" || text != "" || d.tell && k != self
	if !told {
		d.quiet[k] = box(d.quiet[k], x, y, w, h)
		d.sign(k, x, y, w, h)
		return
	}
	d.add(`<g class="m`, int(k), `"><title>`, escaped(d.told(r, c)), `</title><path d="`, string(box(nil, x, y, w, h)), `"/>`)
	if text == "" {
		d.sign(k, x, y, w, h)
	} else {
		d.text("in", x+w/2, y+h/2+4, text)
	}
	d.add("</g>\n")
}

// told is a cell in words.
func (d *matrixDrawing) told(r, c int) string {
	cell := &d.m.Cells[r][c]
	said := cell.Title
	if said == "" {
		said = cell.Text
	}
	said = full(said)
	if !d.tell {
		return said
	}
	s := d.rows[r] + " → " + d.columns[c] + ": " + d.words[cell.mark()]
	if said != "" {
		s += ", " + said
	}
	return s
}

// sign draws what tells a kind apart without colour.
func (d *matrixDrawing) sign(k mark, x, y, w, h int) {
	mx, my := x+w/2, y+h/2
	switch k {
	case allow:
		d.add(`<circle class="dot" cx="`, mx, `" cy="`, my, `" r="`, max(2, h/6), `"/>`)
	case partial:
		d.add(`<path class="half" d="M`, x, ` `, y+h, `v`, -h, `h`, w, `z"/>`)
	case unknown:
		d.add(`<text class="ask" x="`, mx, `" y="`, my+h/4, `" font-size="`, max(9, h*6/10), `">?</text>`)
	case self:
		d.add(`<path class="me" d="M`, x+w/4, ` `, y+h*3/4, `L`, x+w*3/4, ` `, y+h/4, `"/>`)
	case deny, marks: // an empty cell
	}
}

// tiles draws the cells that were put together. They lie under the signs, which are drawn already: so these are moved behind.
func (d *matrixDrawing) tiles() {
	signs := d.String()
	d.Reset()
	for k, path := range d.quiet {
		if len(path) > 0 {
			d.add(`<path class="m`, k, `" d="`, string(path), "\"/>\n")
		}
	}
	d.WriteString(signs)
}

func (d *matrixDrawing) keys(counts [marks]int) []key {
	var keys []key
	for k := range marks {
		if counts[k] == 0 {
			continue
		}
		keys = append(keys, key{func(s *svg, x, y int) {
			one := matrixDrawing{}
			one.sign(k, x, y-9, 18, 18)
			s.add(`<g class="m`, int(k), `"><path d="`, string(box(nil, x, y-9, 18, 18)), `"/>`, one.String(), "</g>\n")
		}, d.words[k] + " (" + decimal(counts[k]) + ")"})
	}
	return keys
}

var matrixStyle = strings.TrimLeft(`
.name text{fill:#27313f}
.guide{fill:none;stroke:#aeb8c4}
.m0{fill:#2563b8}
.m1{fill:#bcd6f5}
.m2{fill:#eef1f4}
.m3{fill:#fdf1d8}
.m4{fill:#fff}
.dot{fill:#fff}
.half{fill:#2563b8}
.ask{fill:#8a5300;font-weight:700;text-anchor:middle}
.me{stroke:#a8b2bf;stroke-width:1.5}
.in{font-size:10px;font-weight:700;text-anchor:middle;fill:#18212e}
.m0 .in{fill:#fff}
`, "\n")

var matrixDark = strings.TrimLeft(`
.name text{fill:#dbe2ea}
.guide{stroke:#4a5768}
.m0{fill:#5b9df0}
.m1{fill:#21405f}
.m2{fill:#1b232d}
.m3{fill:#40310f}
.m4{fill:#0f151d}
.dot{fill:#0f151d}
.half{fill:#5b9df0}
.ask{fill:#f5c35c}
.me{stroke:#5c6979}
.in{fill:#eef2f7}
.m0 .in{fill:#0f151d}
`, "\n")
