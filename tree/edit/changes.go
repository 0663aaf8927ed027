package edit

import (
	"slices"
	"strings"
)

// Change puts text in the place of bytes of the document as it was opened.
type Change struct {
	Start, End int
	Text       string
}

// Changes returns what the edits come to in the document as it was opened: in its order, apart from one another, and no longer than needed.
func (s *Session) Changes() []Change {
	out := make([]Change, 0, len(s.changes))
	for _, c := range s.changes {
		old := string(s.first[c.Start:c.End])
		if old == c.Text {
			continue
		}
		for old != "" && c.Text != "" && old[0] == c.Text[0] && old[0] < 0x80 {
			old, c.Text = old[1:], c.Text[1:]
			c.Start++
		}
		for old != "" && c.Text != "" && old[len(old)-1] == c.Text[len(c.Text)-1] && old[len(old)-1] < 0x80 {
			old, c.Text = old[:len(old)-1], c.Text[:len(c.Text)-1]
			c.End--
		}
		out = append(out, c)
	}
	return out
}

// compose adds a change of the text as it is now to those that made it of the first text.
func compose(changes []Change, c Change) []Change {
	delta := 0 // how much further a byte stands now than in the first text
	var out, behind []Change
	merged := Change{Start: -1}
	var head, tail string
	for _, old := range changes {
		start := old.Start + delta
		end := start + len(old.Text)
		before := delta
		delta += len(old.Text) - (old.End - old.Start)
		switch {
		case end < c.Start:
			out = append(out, old)
			continue
		case start > c.End:
			behind = append(behind, old)
			if merged.Start < 0 {
				merged.Start, merged.End = c.Start-before, c.End-before
			}
			continue
		}
		// They meet: what is left of the old one goes into the new one.
		if merged.Start < 0 {
			merged.Start = min(old.Start, c.Start-before)
		}
		if start < c.Start {
			head += old.Text[:c.Start-start]
		}
		merged.End = old.End
		tail = ""
		if end > c.End {
			tail = old.Text[c.End-start:]
		}
		if end < c.End {
			merged.End = old.End + c.End - end
		}
	}
	if merged.Start < 0 {
		merged.Start, merged.End = c.Start-delta, c.End-delta
	}
	merged.End = max(merged.End, merged.Start)
	merged.Text = strings.Join([]string{head, c.Text, tail}, "")
	return slices.Concat(out, []Change{merged}, behind)
}
