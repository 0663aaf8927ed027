package falco

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/tree"
)

// source is one rules file.
type source struct {
	name  string
	bytes []byte
	lines *tree.Lines
	mu    sync.Mutex // of lines
}

func (s *source) place(offset int) Place {
	if s == nil {
		return Place{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		s.lines = tree.NewLines(s.bytes)
	}
	line, column := s.lines.Position(offset)
	return Place{File: s.name, Offset: offset, Line: line, Column: column}
}

// scalar is the value of one YAML scalar and where it was written.
type scalar struct {
	file       *source
	text       string
	start, end int // of the scalar in the file, quotes and block headers included
	style      tree.Style
	offsets    func() []int // of each byte of text in the file
}

func newScalar(file *source, n tree.Node) *scalar {
	s := &scalar{file: file, text: strings.Clone(n.Text()), style: n.Style()}
	s.start, s.end = n.Span()
	s.offsets = sync.OnceValue(s.align)
	return s
}

// align finds where the bytes of a decoded scalar stand in the file. YAML folds lines, takes indentation away and decodes
// escapes, but it keeps the order of what is not blank, so both are walked side by side.
func (s *scalar) align() []int {
	at := make([]int, len(s.text)+1)
	raw := s.file.bytes[:s.end]
	i := s.begin(raw)
	for k, r := range s.text {
		width := utf8.RuneLen(r)
		if r == utf8.RuneError || width < 0 {
			width = 1
		}
		c := s.text[k]
		if !blank(c) {
			i = s.skip(raw, i)
		}
		for b := range min(width, len(s.text)-k) {
			at[k+b] = min(i, s.end)
		}
		switch {
		case s.escaped(raw, i) || s.style == tree.SingleQuoted && c == '\'':
			i += s.width(raw, i)
		case !blank(c):
			i += width
		case i < len(raw) && blank(raw[i]):
			i++
		}
		i = min(i, len(raw))
	}
	at[len(s.text)] = min(i, s.end)
	return at
}

// escaped reports whether an escape begins at i.
func (s *scalar) escaped(raw []byte, i int) bool {
	return s.style == tree.DoubleQuoted && i+1 < len(raw) && raw[i] == '\\'
}

// skip goes on from i to what is not blank. A backslash at the end of a line joins it with the next.
func (s *scalar) skip(raw []byte, i int) int {
	for i < len(raw) && (blank(raw[i]) || s.escaped(raw, i) && (raw[i+1] == '\n' || raw[i+1] == '\r')) {
		i++
	}
	return i
}

// begin is where the text of the scalar begins: behind the quote, or below the header of a block.
func (s *scalar) begin(raw []byte) int {
	switch s.style {
	case tree.SingleQuoted, tree.DoubleQuoted:
		return min(s.start+1, len(raw))
	case tree.Literal, tree.Folded:
		for i := s.start; i < len(raw); i++ {
			if raw[i] == '\n' {
				return i + 1
			}
		}
		return len(raw)
	default:
		return s.start
	}
}

// width is how many bytes the escape at i has.
func (s *scalar) width(raw []byte, i int) int {
	if s.style == tree.SingleQuoted {
		return 2
	}
	switch raw[i+1] {
	case 'x':
		return 4
	case 'u':
		return 6
	case 'U':
		return 10
	default:
		return 2
	}
}

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\b' }

// place is where the byte at offset of the text stands.
func (s *scalar) place(offset int) Place {
	if s == nil {
		return Place{}
	}
	at := s.offsets()
	return s.file.place(at[min(max(offset, 0), len(at)-1)])
}

// Text is what Falco compiles, a condition or an output, composed of what stands in files. It knows where each of its bytes
// comes from. The zero Text is empty.
type Text struct {
	s    string
	runs []run
}

// run says where the bytes of a text come from, from start to the start of the next run.
type run struct {
	start  int
	from   *scalar
	offset int  // in from.text
	fixed  bool // all bytes of the run stand for the one at offset
}

func (s *scalar) asText() Text {
	if s == nil {
		return Text{}
	}
	return Text{s: s.text, runs: []run{{from: s}}}
}

// String returns the text.
func (t Text) String() string { return t.s }

// Place says where the byte at offset was written: in the condition itself, in what was appended to it, in a list or in an
// exception.
func (t Text) Place(offset int) Place {
	if len(t.runs) == 0 {
		return Place{}
	}
	i, found := slices.BinarySearchFunc(t.runs, offset, func(r run, at int) int { return r.start - at })
	if !found {
		i--
	}
	r := t.runs[max(i, 0)]
	if r.fixed {
		return r.from.place(r.offset)
	}
	return r.from.place(r.offset + offset - r.start)
}

// trim is the text without the blanks around it.
func (t Text) trim() Text {
	start := len(t.s) - len(strings.TrimLeft(t.s, " \t\r\n\v\f"))
	end := len(strings.TrimRight(t.s, " \t\r\n\v\f"))
	if start >= end {
		return Text{runs: t.runs}
	}
	var b composer
	b.part(t, start, end)
	return b.text()
}

// composer puts texts together.
type composer struct {
	b    []byte
	runs []run
}

func (c *composer) text() Text { return Text{s: string(c.b), runs: c.runs} }

// add appends a whole text.
func (c *composer) add(t Text) { c.part(t, 0, len(t.s)) }

// part appends t[start:end].
func (c *composer) part(t Text, start, end int) {
	if start >= end {
		return
	}
	i, found := slices.BinarySearchFunc(t.runs, start, func(r run, at int) int { return r.start - at })
	if !found {
		i--
	}
	for i = max(i, 0); i < len(t.runs) && t.runs[i].start < end; i++ {
		r := t.runs[i]
		if skipped := start - r.start; skipped > 0 {
			if !r.fixed {
				r.offset += skipped
			}
			r.start = start
		}
		r.start += len(c.b) - start
		c.runs = append(c.runs, r)
	}
	c.b = append(c.b, t.s[start:end]...)
}

// insert appends what nobody wrote; it stands for the beginning of near.
func (c *composer) insert(s string, near Text) {
	if len(near.runs) > 0 && s != "" {
		r := near.runs[0]
		c.runs = append(c.runs, run{start: len(c.b), from: r.from, offset: r.offset, fixed: true})
	}
	c.b = append(c.b, s...)
}

// join appends a blank and t.
func (c *composer) join(t Text) {
	c.insert(" ", t)
	c.add(t)
}

// truncate cuts the text to its first n bytes.
func (c *composer) truncate(n int) {
	c.b = c.b[:n]
	for len(c.runs) > 0 && c.runs[len(c.runs)-1].start >= n {
		c.runs = c.runs[:len(c.runs)-1]
	}
}
