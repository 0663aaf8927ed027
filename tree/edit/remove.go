package edit

import (
	"bytes"

	"github.com/kubeharden/kubeharden/tree"
)

// remove takes away an entry of a mapping or an item of a list.
func (s *splicer) remove(at tree.Node) error {
	path := s.root.Path(at)
	if at == s.root {
		return &Refused{path, "the whole document cannot be removed"}
	}
	owner, before, after := s.neighbours(at)
	start, end := at.Span()
	if key := at.Key(); key.Exists() {
		start, _ = key.Span()
		end = max(end, s.keyEnd(key))
	}
	switch {
	case owner.Style() == tree.Flow:
		s.removeFlow(start, end, before, after)
	case !before.Exists() && !after.Exists():
		return s.empty(owner, path)
	case !before.Exists():
		s.removeFirst(owner, start, after)
	default:
		// The lines of the entry, from the end of the line before it.
		from := s.lineStart(start)
		to := s.lineEnd(s.trimmed(start, end))
		if to < len(s.src) {
			to = min(len(s.src), to+len(s.newline))
		} else {
			from = max(0, from-len(s.newline)) // the last line of a file that ends without a line break
		}
		s.replace(from, to, "")
	}
	return nil
}

// keyEnd is the end of a key with its colon.
func (s *splicer) keyEnd(key tree.Node) int {
	_, end := key.Span()
	if i := bytes.IndexByte(s.src[end:], ':'); i >= 0 {
		return end + i + 1
	}
	return end
}

// neighbours returns the collection that a node is in, and what stands before and behind it there: keys, or items.
func (s *splicer) neighbours(at tree.Node) (owner, before, after tree.Node) {
	owner = s.root
	for {
		next, found := tree.Node{}, false
		var previous tree.Node
		for key, value := range owner.Pairs() {
			switch {
			case found && !after.Exists():
				after = key
			case value == at:
				found, before = true, previous
			case value.Contains(at):
				next = value
			}
			previous = key
		}
		for _, item := range owner.Items() {
			switch {
			case found && !after.Exists():
				after = item
			case item == at:
				found, before = true, previous
			case item.Contains(at):
				next = item
			}
			previous = item
		}
		if found || !next.Exists() {
			return owner, before, after
		}
		owner = next
	}
}

// removeFirst removes the first of several entries: what follows takes its place, so that the dash or the indentation before it stays.
func (s *splicer) removeFirst(owner tree.Node, start int, after tree.Node) {
	from, _ := after.Span()
	if owner.Kind() == tree.Sequence {
		first, _ := owner.Span()
		column := first - s.lineStart(first)
		start, from = s.dash(start, column), s.dash(from, column)
	}
	s.replace(start, from, "")
}

// dash is the place of the dash before an item. Comments may stand between them, with dashes of their own.
func (s *splicer) dash(start, column int) int {
	for line := s.lineStart(start); ; line = s.lineStart(line - 1) {
		if at := line + column; at < len(s.src) && at <= start && s.src[at] == '-' {
			return at
		}
		if line == 0 {
			return start
		}
	}
}

// empty makes a collection of which the last entry goes an empty one.
func (s *splicer) empty(owner tree.Node, path string) error {
	text := " {}"
	if owner.Kind() == tree.Sequence {
		text = " []"
	}
	start, end := owner.Span()
	key := owner.Key()
	switch {
	case key.Exists():
		start = s.keyEnd(key)
	case owner == s.root:
		text = text[1:]
	default: // an item of a list, behind its dash
		text = text[1:]
	}
	end = s.trimmed(start, end)
	if bytes.IndexByte(s.src[start:end], '#') >= 0 {
		return &Refused{path, "a comment would be lost with it"}
	}
	s.replace(start, end, text)
	return nil
}

// removeFlow removes an entry in brackets with one of the commas around it.
func (s *splicer) removeFlow(start, end int, before, after tree.Node) {
	switch {
	case after.Exists():
		end, _ = after.Span()
	case before.Exists():
		// from the comma before it
		for i := start - 1; i >= 0; i-- {
			if s.src[i] == ',' {
				start = i
				break
			}
		}
	}
	s.replace(start, end, "")
}
