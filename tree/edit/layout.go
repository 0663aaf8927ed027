package edit

import (
	"bytes"

	"github.com/kubeharden/kubeharden/tree"
)

// lineStart is the offset of the first byte of the line that an offset is in.
func (s *splicer) lineStart(offset int) int { return bytes.LastIndexByte(s.src[:offset], '\n') + 1 }

// lineEnd is the offset of the line break behind an offset, or the end of the document.
func (s *splicer) lineEnd(offset int) int {
	i := bytes.IndexByte(s.src[offset:], '\n')
	if i < 0 {
		return len(s.src)
	}
	if i > 0 && s.src[offset+i-1] == '\r' {
		i--
	}
	return offset + i
}

// column is how far a node stands from the beginning of its line.
func (s *splicer) column(n tree.Node) int {
	start, _ := n.Span()
	return start - s.lineStart(start)
}

// inFlow reports whether a node lies in a collection in brackets.
func (s *splicer) inFlow(at tree.Node) bool {
	n := s.root
	for n.Exists() && n != at {
		if n.Style() == tree.Flow && (n.Kind() == tree.Mapping || n.Kind() == tree.Sequence) {
			return true
		}
		next := tree.Node{}
		for _, value := range n.Pairs() {
			if value.Contains(at) {
				next = value
			}
		}
		for _, item := range n.Items() {
			if item.Contains(at) {
				next = item
			}
		}
		n = next
	}
	return false
}

// step is how much deeper a mapping in a mapping is indented: as the first one of the document.
func (s *splicer) step() int {
	const usual = 2
	for key, value := range s.root.Pairs() {
		if value.Kind() != tree.Mapping || value.Style() != tree.Block {
			continue
		}
		for inner := range value.Pairs() {
			if n := s.column(inner) - s.column(key); n > 0 && !inner.Aliased() {
				return n
			}
			break
		}
	}
	return usual
}

// listStep is how much deeper the dashes of a list stand than the key of the list: as in the first list of the document.
func (s *splicer) listStep() int {
	found := -1
	var look func(n tree.Node, depth int)
	look = func(n tree.Node, depth int) {
		if found >= 0 || depth > maxDepth {
			return
		}
		for key, value := range n.Pairs() {
			if value.Kind() == tree.Sequence && value.Style() == tree.Block && !value.Aliased() {
				start, _ := value.Span()
				found = max(0, start-s.lineStart(start)-s.column(key))
				return
			}
			look(value, depth+1)
		}
		for _, item := range n.Items() {
			look(item, depth+1)
		}
	}
	look(s.root, 0)
	if found < 0 || found > s.step() {
		return 0
	}
	return found
}
