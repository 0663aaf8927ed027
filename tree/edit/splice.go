package edit

import (
	"bytes"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// splicer changes the bytes of one document.
type splicer struct {
	src     []byte
	root    tree.Node
	newline string
	// json says that everything is written in brackets with double quotes.
	json bool
	// made are the mappings that edits before this one have made, by path.
	made map[string]bool
	out  []byte
	// done is the change that made out.
	done Change
}

func newSplicer(src []byte, t *tree.Tree) *splicer {
	s := &splicer{src: src, root: t.Root(), newline: "\n"}
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		s.newline = "\r\n"
	}
	if s.root.Style() == tree.Flow && s.root.Kind() == tree.Mapping {
		for key := range s.root.Pairs() {
			s.json = key.Style() == tree.DoubleQuoted
			break
		}
	}
	return s
}

// prefersFlow looks how lists of scalars are written; without any they are written in brackets, which takes the fewest lines.
func (s *splicer) prefersFlow() bool {
	flow, block := 0, 0
	var look func(n tree.Node, depth int)
	look = func(n tree.Node, depth int) {
		if depth > maxDepth {
			return
		}
		if n.Kind() == tree.Sequence && n.At(0).Kind() == tree.Scalar {
			if n.Style() == tree.Flow {
				flow++
			} else {
				block++
			}
		}
		for _, item := range n.Items() {
			look(item, depth+1)
		}
		for _, value := range n.Pairs() {
			look(value, depth+1)
		}
	}
	look(s.root, 0)
	return flow >= block
}

// maxDepth bounds looking around; documents are nested 1000 deep at most.
const maxDepth = 100

func (s *splicer) result() []byte {
	if s.out == nil {
		return s.src
	}
	return s.out
}

// replace puts text in the place of bytes.
func (s *splicer) replace(start, end int, text string) {
	s.out, s.done = slices.Concat(s.src[:start], []byte(text), s.src[end:]), Change{start, end, text}
}

// set gives a value to a node, or to what is missing below it.
func (s *splicer) set(at tree.Node, missing []string, e *Edit) error {
	if len(missing) == 0 {
		if same, err := holds(at, e.Value); err != nil || same {
			return err
		}
		return s.overwrite(at, e)
	}
	value := nested(missing[1:], e.Value)
	return s.insert(at, missing[0], value, e)
}

// nested wraps a value into the mappings that are missing on the way to it.
func nested(keys []string, value any) any {
	for _, key := range slices.Backward(keys) {
		value = map[string]any{key: value}
	}
	return value
}

// overwrite replaces the value of a node.
func (s *splicer) overwrite(at tree.Node, e *Edit) error {
	start, end := at.Span()
	if start == end && start > 0 && bytes.IndexByte([]byte(": \t\r\n-[{,"), s.src[start-1]) < 0 {
		return &Refused{e.Path, "its empty value has an anchor or a tag"}
	}
	w := s.writer(e)
	inFlow := s.json || s.inFlow(at)
	if at.Kind() == tree.Scalar && (isScalar(e.Value) || inFlow) {
		text := w.flow(e.Value)
		if v, ok := e.Value.(string); ok && !s.json {
			text = w.like(v, at.Style())
		}
		end = s.trimmed(start, end)
		if start == end && start > 0 && s.src[start-1] == ':' { // key:
			text = " " + text
		}
		s.replace(start, end, text)
		return nil
	}
	if inFlow || isScalar(e.Value) && at.Style() == tree.Flow {
		s.replace(start, end, w.flow(e.Value))
		return nil
	}
	key := at.Key()
	if !key.Exists() {
		return &Refused{e.Path, "an item of a list cannot be replaced by something else as a whole"}
	}
	// The value begins behind the colon, wherever that is.
	_, keyEnd := key.Span()
	colon := keyEnd + bytes.IndexByte(s.src[keyEnd:], ':')
	s.replace(colon+1, s.trimmed(start, end), w.behindKey(e.Value, s.column(key)))
	return nil
}

// trimmed leaves the end of the last line out of a range: that of a block scalar ends with it.
func (s *splicer) trimmed(start, end int) int {
	for end > start && (s.src[end-1] == '\n' || s.src[end-1] == '\r') {
		end--
	}
	return end
}

// insert adds a key to a mapping, or to an empty value that becomes one.
func (s *splicer) insert(at tree.Node, key string, value any, e *Edit) error {
	w := s.writer(e)
	switch {
	case at.Kind() == tree.Scalar: // null, written or not
		if s.json || s.inFlow(at) {
			start, end := at.Span()
			text := "{" + w.key(key) + ": " + w.flow(value) + "}"
			if start == end && start > 0 && s.src[start-1] == ':' {
				text = " " + text
			}
			s.replace(start, end, text)
			return nil
		}
		return s.fill(at, key, value, w, e)
	case at.Style() == tree.Flow && at.Len() == 0 && !s.json && !s.inFlow(at):
		return s.fill(at, key, value, w, e)
	case at.Style() == tree.Flow:
		if before := s.follower(at, key); before.Exists() {
			start, _ := before.Span()
			s.replace(start, start, w.key(key)+": "+w.flow(value)+", ")
			return nil
		}
		s.insertFlow(at, w.key(key)+": "+w.flow(value))
		return nil
	}
	return s.insertBlock(at, key, value, w, e)
}

// fill puts a block mapping in the place of an empty value.
func (s *splicer) fill(at tree.Node, key string, value any, w *writer, e *Edit) error {
	start, end := at.Span()
	owner := at.Key()
	if !owner.Exists() {
		if at != s.root {
			return &Refused{e.Path, "an item of a list that is empty cannot be filled"}
		}
		s.replace(start, end, w.entry(key, value, 0))
		return nil
	}
	_, keyEnd := owner.Span()
	colon := keyEnd + bytes.IndexByte(s.src[keyEnd:], ':')
	indent := s.column(owner) + s.step()
	rest := string(s.src[end:s.lineEnd(end)])
	text := s.newline + strings.Repeat(" ", indent) + w.entry(key, value, indent)
	// A comment behind the empty value stays on its line.
	s.replace(colon+1, s.lineEnd(end), rest+text)
	return nil
}

// follower is the key that a new one stands before, in a mapping that edits before this one have made.
func (s *splicer) follower(at tree.Node, key string) tree.Node {
	if s.made[s.root.Path(at)] {
		for k := range at.Pairs() {
			if k.Text() > key {
				return k
			}
		}
	}
	return tree.Node{}
}

// insertFlow adds an entry or item behind the last one of a collection in brackets.
func (s *splicer) insertFlow(at tree.Node, text string) {
	start, end := at.Span()
	last, first := -1, -1
	for _, item := range at.Items() {
		if first < 0 {
			first, _ = item.Span()
		}
		_, last = item.Span()
	}
	for key, value := range at.Pairs() {
		if first < 0 {
			first, _ = key.Span()
		}
		_, last = value.Span()
		if _, keyEnd := key.Span(); last < keyEnd {
			last = keyEnd
		}
	}
	if last < 0 {
		s.replace(start+1, end-1, text)
		return
	}
	separator := ", "
	if bytes.IndexByte(s.src[start:first], '\n') >= 0 {
		// One entry a line.
		separator = "," + s.newline + string(s.src[s.lineStart(first):first])
	} else if !s.spaced(at) {
		separator = ","
	}
	s.replace(last, last, separator+text)
}

// spaced reports whether there is a space behind the commas of a collection.
func (s *splicer) spaced(at tree.Node) bool {
	start, end := at.Span()
	i := bytes.IndexByte(s.src[start:end], ',')
	return i < 0 || start+i+1 < end && s.src[start+i+1] == ' '
}

// insertBlock adds an entry to a mapping of lines.
func (s *splicer) insertBlock(at tree.Node, key string, value any, w *writer, e *Edit) error {
	var first, after tree.Node
	sorted := true
	var names []string
	for k, v := range at.Pairs() {
		if k.Aliased() || v.Aliased() && !s.inside(at, v) {
			continue // merged in
		}
		if !first.Exists() {
			first = k
		}
		if n := len(names); n > 0 && names[n-1] > k.Text() {
			sorted = false
		}
		names = append(names, k.Text())
		after = v
	}
	if !first.Exists() {
		return &Refused{e.Path, "all that its mapping has is merged in from an anchor"}
	}
	made := s.made[s.root.Path(at)]
	if sorted && made && key < names[0] {
		start, _ := first.Span()
		indent := s.column(first)
		s.replace(start, start, w.entry(key, value, indent)+s.newline+strings.Repeat(" ", indent))
		return nil
	}
	// Of most objects the usual order of apiVersion, kind, metadata, spec is sorted by chance.
	byChance := at == s.root && len(names) > 1 && names[0] == "apiVersion" && names[1] == "kind"
	if sorted && (len(names) > 2 && !byChance || made) && key > names[0] {
		for k, v := range at.Pairs() {
			if k.Text() < key && s.inside(at, v) {
				after = v
			}
		}
	}
	indent := s.column(first)
	position, err := s.behind(after, e)
	if err != nil {
		return err
	}
	s.replace(position, position, s.newline+strings.Repeat(" ", indent)+w.entry(key, value, indent))
	return nil
}

// inside reports whether a value stands in the lines of its mapping, and not where an anchor is.
func (s *splicer) inside(mapping, value tree.Node) bool {
	start, end := mapping.Span()
	from, to := value.Span()
	return start <= from && to <= end
}

// behind is the end of the last line of a value, comments on that line included.
func (s *splicer) behind(value tree.Node, e *Edit) (int, error) {
	start, end := value.Span()
	if last := lastScalar(value); end == len(s.src) && (last.Style() == tree.Literal || last.Style() == tree.Folded) && !bytes.HasSuffix(s.src, []byte("\n")) {
		return 0, &Refused{e.Path, "the text at the end of the document has no line break, and would get one"}
	}
	if key := value.Key(); key.Exists() && start == end {
		_, keyEnd := key.Span()
		end = max(end, keyEnd)
	}
	return s.lineEnd(s.trimmed(start, end)), nil
}

// lastScalar is the last value that stands in a node.
func lastScalar(n tree.Node) tree.Node {
	for {
		next := tree.Node{}
		for _, value := range n.Pairs() {
			next = value
		}
		for _, item := range n.Items() {
			next = item
		}
		if !next.Exists() {
			return n
		}
		n = next
	}
}

// holds reports whether a node has a value already.
func holds(n tree.Node, value any) (bool, error) {
	text, err := n.AppendJSON(nil)
	if err != nil {
		return false, err
	}
	old, err := fromJSON(text)
	if err != nil {
		return false, err
	}
	wanted, err := normal(value)
	return equal(old, wanted), err
}

// appendTo adds an item to a list, or makes the list.
func (s *splicer) appendTo(at tree.Node, missing []string, e *Edit) error {
	if len(missing) > 0 {
		return s.insert(at, missing[0], nested(missing[1:], []any{e.Value}), e)
	}
	for _, item := range at.Items() {
		if same, err := holds(item, e.Value); err != nil || same {
			return err
		}
	}
	w := s.writer(e)
	text := w.item(e.Value, at)
	switch {
	case at.Kind() == tree.Scalar && at.IsNull(), at.Kind() == tree.Sequence && at.Style() == tree.Flow && at.Len() == 0 && !s.json && !s.inFlow(at):
		list := *e
		list.Value = []any{e.Value}
		if at.Kind() == tree.Sequence && isScalar(e.Value) {
			s.insertFlow(at, w.flow(e.Value))
			return nil
		}
		return s.overwrite(at, &list)
	case at.Kind() != tree.Sequence:
		return &Refused{e.Path, "it is no list"}
	case at.Style() == tree.Flow && text != "":
		s.insertFlow(at, text)
		return nil
	case at.Style() == tree.Flow:
		s.insertFlow(at, w.flow(e.Value))
		return nil
	case text == "":
		text = w.block(e.Value, s.column(at)+2)
	}
	start, _ := at.Span()
	indent := start - s.lineStart(start)
	if strings.Trim(string(s.src[s.lineStart(start):start]), " -") != "" {
		return &Refused{e.Path, "the list begins in a line with something else"}
	}
	var last tree.Node
	for _, item := range at.Items() {
		last = item
	}
	position, err := s.behind(last, e)
	if err != nil {
		return err
	}
	s.replace(position, position, s.newline+strings.Repeat(" ", indent)+"- "+text)
	return nil
}
