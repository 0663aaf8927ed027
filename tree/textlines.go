package tree

import (
	"bytes"
	"strings"
)

// TextLines says where the lines of a scalar's text stand in the source, as the offset of the first byte of each. It is known of literal block
// scalars, | and |-, which hold other files as they are, and nil for scalars that are written in another way.
func (n Node) TextLines() []int {
	if n.Kind() != Scalar || n.Style() != Literal {
		return nil
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
		return nil
	}
	var out []int
	for text := range strings.Lines(n.Text()) {
		text = strings.TrimSuffix(text, "\n")
		line, at, _ := next()
		if !bytes.HasSuffix(line, []byte(text)) {
			return nil
		}
		out = append(out, at+len(line)-len(text))
	}
	return out
}
