package tree

import (
	"bytes"
	"sort"
	"strings"
)

// TextLines says where the lines of a scalar's text stand in the source. The zero value knows of none.
type TextLines struct {
	// text and source are the offsets of the first byte of each line.
	text, source []int
}

// TextLines returns where the lines of a scalar's text stand in the source. It is known of literal block scalars, | and |-, which hold other
// files as they are.
func (n Node) TextLines() (l TextLines) {
	if n.Kind() != Scalar || n.Style() != Literal {
		return TextLines{}
	}
	start, _ := n.Span()
	rest := n.t.src[start:n.t.end]
	next := func() (line []byte, at int, ok bool) {
		line, after, ok := bytes.Cut(rest, []byte{'\n'})
		at, start = start, start+len(line)+1
		rest = after
		return bytes.TrimSuffix(line, []byte{'\r'}), at, ok
	}
	if _, _, ok := next(); !ok { // the header
		return TextLines{}
	}
	offset := 0
	for text := range strings.Lines(n.Text()) {
		line, at, _ := next()
		content := strings.TrimSuffix(text, "\n")
		if !bytes.HasSuffix(line, []byte(content)) {
			return TextLines{}
		}
		l.text, l.source = append(l.text, offset), append(l.source, at+len(line)-len(content))
		offset += len(text)
	}
	return l
}

// Offset returns where a byte of the text, or the end of one of its lines, stands in the source; ok is false if that is not known.
func (l TextLines) Offset(of int) (at int, ok bool) {
	line := sort.SearchInts(l.text, of+1) - 1
	if line < 0 {
		return 0, false
	}
	return l.source[line] + of - l.text[line], true
}
