package report

import (
	"strings"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

// cursor remembers where in a line a column was, so that many findings in one huge line read it only once.
type cursor struct {
	line         string
	column, byte int
}

// seek returns the byte at which a column of a line starts, counted in characters from 1.
func (c *cursor) seek(line string, column int) int {
	if c.line != line || column < c.column || c.column == 0 {
		*c = cursor{line: line, column: 1}
	}
	for c.column < column && c.byte < len(line) {
		if line[c.byte] < utf8.RuneSelf {
			c.byte++
		} else {
			_, size := utf8.DecodeRuneInString(line[c.byte:])
			c.byte += size
		}
		c.column++
	}
	return c.byte
}

// excerpt is what is shown of a source line: its text, and which columns of it to underline.
type excerpt struct {
	text       []byte
	from, upTo int
}

// cut makes the excerpt of a line around a place in at most width columns. It looks at no more of the line than it shows.
func (e *excerpt) cut(c *cursor, line string, p *control.Place, width int, mark string) {
	line = strings.TrimRight(line, "\r\n")
	if p.Line == 1 { // its byte order mark has no column
		line = strings.TrimPrefix(line, "\ufeff")
	}
	start := c.seek(line, p.Column)
	stop := len(strings.TrimRight(line, " \t"))
	if p.EndLine == p.Line {
		stop = start
		for n := p.EndColumn - p.Column; n > 0 && stop < len(line) && stop-start < 16*width; n-- {
			_, size := utf8.DecodeRuneInString(line[stop:])
			stop += size
		}
	}
	stop = max(stop, start)

	// How much room does what is underlined need, and what stands before and behind its start?
	scratch := e.text[:0]
	room := func(from, upTo int) (n int) {
		for from < upTo && n <= width {
			var size, cols int
			scratch, size, cols = terminal.AppendRune(scratch[:0], line[from:])
			from += size
			n += cols
		}
		return n
	}
	need, rest := max(room(start, stop), 1), room(start, len(line))
	before, begin := 0, start
	back := func(limit int) {
		before, begin = 0, start
		for begin > 0 {
			_, size := utf8.DecodeLastRuneInString(line[:begin])
			n := room(begin-size, begin)
			if before+n > limit {
				break
			}
			begin -= size
			before += n
		}
	}
	dots := utf8.RuneCountInString(mark)
	back(width)
	if begin > 0 || before+rest > width && before+need > width-dots {
		// The line has to lose its beginning: leave as much on both sides, more if the line ends soon.
		back(min(max((width-2*dots-need)/2, width-dots-rest, width/8), width-dots-1))
	}

	text, at := e.text[:0], 0
	if begin > 0 {
		text = append(text, mark...)
		at = dots
	}
	e.from, e.upTo = -1, -1
	fits, fitsAt := len(text), at // as much of the line as leaves room for the mark
	i := begin
	for i < len(line) {
		if i == start {
			e.from = at
		}
		if i == stop && e.upTo < 0 {
			e.upTo = at
		}
		var size, n int
		text, size, n = terminal.AppendRune(text, line[i:])
		i += size
		at += n
		if at > width {
			text, at = append(text[:fits], mark...), fitsAt
			break
		}
		if at <= width-dots {
			fits, fitsAt = len(text), at
		}
	}
	if e.from < 0 {
		e.from = at
	}
	if e.upTo < 0 || e.upTo > at {
		e.upTo = at
	}
	e.upTo = max(e.upTo, e.from+1)
	e.text = text
}
