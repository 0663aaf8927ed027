package helm

// Where each rendered line comes from. The templates' parse trees are left as they are but for empty text nodes, marks, which
// we put before each action and at the head of each list. text/template writes a text node by passing its very slice to
// the writer, so the writer knows, by the address of the first byte, which node is writing; what it does not know comes
// from the action whose mark was last. Marks write nothing, so the text is exactly what Helm writes.

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sort"
	"strings"
	"sync"
	"text/template"
	"text/template/parse"

	"github.com/kubeharden/kubeharden/source/render"
)

// text is a source file with its lines.
type text struct {
	path   string
	src    []byte
	starts []int // offset of each line
}

func newText(path string, src []byte) *text {
	t := &text{path: path, src: src, starts: []int{0}}
	for i, c := range src {
		if c == '\n' {
			t.starts = append(t.starts, i+1)
		}
	}
	return t
}

// line returns the line, counted from 1, of an offset.
func (t *text) line(offset int) int {
	return sort.Search(len(t.starts), func(i int) bool { return t.starts[i] > offset })
}

func (t *text) at(line int) (string, int, string, bool) {
	if line < 1 || line > len(t.starts) || line == len(t.starts) && t.starts[line-1] == len(t.src) && line > 1 {
		return "", 0, "", false
	}
	start, end := t.starts[line-1], len(t.src)
	if line < len(t.starts) {
		end = t.starts[line]
	}
	return t.path, line, strings.TrimRight(string(t.src[start:end]), "\r\n"), true
}

// node is what the writer knows of a node: the source and where in it.
type node struct {
	text   *text
	offset int
	mark   bool // writes nothing: what comes next is from the action there
	held   bool // the action prints a variable, which may hold what was included before
	depth  int  // what the mark adds to the depth of calls
}

// place is a line of a source.
type place struct {
	text *text
	line int
}

// span is a piece of output by one node. It ends where the next one starts.
type span struct {
	start int
	node  node
	calls [2]int // range of traces.lines that were included while the action ran
}

// included is a line that an include gave back, for finding it again in the output of the action around it.
type included struct {
	text string
	at   place
}

// traces is what is known of one rendering.
type traces struct {
	ctx   context.Context
	left  int64 // bytes that may still be written
	nodes map[*byte]node
	done  map[*parse.ListNode]bool
	lines []included // of the file being rendered, in order
	total int64      // bytes in lines
	depth int        // of templates, includes and tpl in each other
	deep  bool       // a template is nested deeper than maxNested
}

// maxIncluded bounds the lines kept of one file's includes. Beyond, lines point to the include.
const maxIncluded = 200_000

var errTooMuch = errors.New("output is larger than the limit")

// Together these keep the stack well below the 1 GB at which Go ends the program, which nothing can prevent then; Helm has
// no such bounds. Charts need a tenth of it.
const (
	maxDepth  = 1500 // of templates, includes and tpl in each other
	maxNested = 100  // of blocks in blocks and of parentheses in a template
)

var errTooDeep = errors.New("templates are nested too deeply: unable to execute template")

// instrument makes the nodes of all templates known that are not yet.
func (tr *traces) instrument(t *template.Template, sources map[string]*text) error {
	for _, sub := range t.Templates() {
		if sub.Tree != nil && sub.Root != nil {
			tr.list(sub.Root, sources[sub.ParseName], 0)
		}
	}
	if tr.deep {
		return errTooDeep
	}
	return nil
}

// nested reports whether a pipe has parentheses in parentheses beyond the limit.
func nested(p *parse.PipeNode, depth int) bool {
	if p == nil {
		return false
	}
	if depth > maxNested {
		return true
	}
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			if chain, ok := arg.(*parse.ChainNode); ok {
				arg = chain.Node
			}
			if inner, ok := arg.(*parse.PipeNode); ok && nested(inner, depth+1) {
				return true
			}
		}
	}
	return false
}

func (tr *traces) branch(b *parse.BranchNode, src *text, depth int) {
	tr.deep = tr.deep || nested(b.Pipe, 0)
	tr.list(b.List, src, depth+1)
	tr.list(b.ElseList, src, depth+1)
}

func (tr *traces) list(l *parse.ListNode, src *text, depth int) {
	if l == nil || tr.done[l] {
		return
	}
	if depth > maxNested {
		tr.deep = true
		return
	}
	tr.done[l] = true
	nodes := make([]parse.Node, 0, 2*len(l.Nodes)+1)
	if len(l.Nodes) > 0 {
		nodes = append(nodes, tr.mark(l.Pos, src, node{})) // so that a loop that writes nothing can be ended too
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.TextNode:
			if src != nil && len(n.Text) > 0 {
				tr.nodes[&n.Text[0]] = node{text: src, offset: int(n.Pos)}
			}
		case *parse.ActionNode:
			tr.deep = tr.deep || nested(n.Pipe, 0)
			nodes = append(nodes, tr.mark(n.Pos, src, node{held: usesVariable(n.Pipe)}))
		case *parse.TemplateNode:
			tr.deep = tr.deep || nested(n.Pipe, 0)
			nodes = append(nodes, tr.mark(n.Pos, src, node{depth: 1}), n, tr.mark(n.Pos, src, node{depth: -1}))
			continue
		case *parse.IfNode:
			tr.branch(&n.BranchNode, src, depth)
		case *parse.WithNode:
			tr.branch(&n.BranchNode, src, depth)
		case *parse.RangeNode:
			if len(n.List.Nodes) == 0 { // an empty loop has to be ended too
				n.List.Nodes = append(n.List.Nodes, tr.mark(n.Pos, src, node{}))
			}
			tr.branch(&n.BranchNode, src, depth)
		}
		nodes = append(nodes, n)
	}
	l.Nodes = nodes
}

func (tr *traces) mark(pos parse.Pos, src *text, known node) *parse.TextNode {
	n := &parse.TextNode{NodeType: parse.NodeText, Pos: pos, Text: []byte{0}}
	known.text, known.offset, known.mark = src, int(pos), true
	tr.nodes[&n.Text[0]] = known
	return n
}

func usesVariable(p *parse.PipeNode) bool {
	for _, cmd := range p.Cmds {
		for _, arg := range cmd.Args {
			if v, ok := arg.(*parse.VariableNode); ok && v.Ident[0] != "$" {
				return true
			}
		}
	}
	return false
}

// writer takes the output of a template.
type writer struct {
	tr    *traces
	buf   []byte
	spans []span
	last  node // the action that writes if no text node does
	calls int  // len(tr.lines) at its mark
}

func (tr *traces) writer() *writer { return &writer{tr: tr, calls: len(tr.lines)} }

func (w *writer) Write(p []byte) (int, error) {
	if w.tr.ctx.Err() != nil {
		return 0, context.Cause(w.tr.ctx)
	}
	if len(p) == 0 {
		return 0, nil
	}
	n, known := w.tr.nodes[&p[0]]
	if n.mark {
		w.last, w.calls = n, len(w.tr.lines)
		if w.tr.depth += n.depth; w.tr.depth > maxDepth {
			return 0, errTooDeep
		}
		return len(p), nil
	}
	if w.tr.left -= int64(len(p)); w.tr.left < 0 {
		return 0, errTooMuch
	}
	s := span{start: len(w.buf), node: n}
	if !known {
		s.node, s.calls = w.last, [2]int{w.calls, len(w.tr.lines)}
		w.calls = len(w.tr.lines)
	}
	w.spans = append(w.spans, s)
	w.buf = append(w.buf, p...)
	return len(p), nil
}

// include keeps the lines of an include's output for the action that it is part of.
func (tr *traces) include(w *writer) {
	if len(tr.lines) >= maxIncluded || tr.total > defaultMaxOutput {
		return
	}
	places := w.places()
	n := 0
	for line := range bytes.Lines(w.buf) {
		if at := places[n]; at.text != nil {
			if key := bytes.TrimSpace(line); len(key) > 0 {
				tr.lines = append(tr.lines, included{text: string(key), at: at})
				tr.total += int64(len(key))
			}
		}
		n++
	}
}

// places finds the place of each line. A line belongs to the first node that writes a visible byte of it; a blank line to
// none.
func (w *writer) places() []place {
	places := make([]place, bytes.Count(w.buf, []byte{'\n'})+1)
	i, cursor, cursorOf := 0, 0, -1
	var held map[string]place
	offset, n := 0, 0
	for line := range bytes.Lines(w.buf) {
		trimmed := bytes.TrimLeft(line, " \t\r\n")
		at := offset + len(line) - len(trimmed)
		offset += len(line)
		if len(trimmed) > 0 {
			for i+1 < len(w.spans) && w.spans[i+1].start <= at {
				i++
			}
			s := &w.spans[i]
			switch {
			case s.node.text == nil:
			case !s.node.mark:
				places[n] = place{s.node.text, s.node.text.line(s.node.offset + at - s.start)}
			case s.calls[0] < s.calls[1]:
				if cursorOf != i {
					cursor, cursorOf = s.calls[0], i
				}
				places[n], cursor = w.tr.find(s, trimmed, cursor)
			case s.node.held:
				if held == nil {
					held = w.tr.unique()
				}
				if places[n] = held[string(bytes.TrimSpace(trimmed))]; places[n].text == nil {
					places[n] = place{s.node.text, s.node.text.line(s.node.offset)}
				}
			default:
				places[n] = place{s.node.text, s.node.text.line(s.node.offset)}
			}
		}
		n++
	}
	return places
}

// unique returns the places of the included lines that come from one place only.
func (tr *traces) unique() map[string]place {
	places := make(map[string]place, len(tr.lines))
	for _, l := range tr.lines {
		if at, ok := places[l.text]; ok && at != l.at {
			places[l.text] = place{}
		} else {
			places[l.text] = l.at
		}
	}
	return places
}

// find looks a line of an action's output up in what the action included, from the cursor onward and then from the start.
// An include's lines come after those of the includes in it, and know as much.
func (tr *traces) find(s *span, line []byte, cursor int) (place, int) {
	key := string(bytes.TrimSpace(line))
	const near = 4096 // bounds the search for lines that are not there
	for _, r := range [2][2]int{{cursor, min(s.calls[1], cursor+near)}, {s.calls[0], min(cursor, s.calls[0]+near)}} {
		for i := r[0]; i < r[1]; i++ {
			if tr.lines[i].text == key {
				return tr.lines[i].at, i + 1
			}
		}
	}
	return place{s.node.text, s.node.text.line(s.node.offset)}, cursor
}

// output is a rendered template.
type output struct {
	name   string // parent/charts/child/templates/x.yaml
	source *text
	text   []byte
	places []place
}

// manifest is the output with its origins. Where Helm takes "---apiVersion: v1" for the start of a document, a line
// break is put in, for YAML does not.
func (o *output) manifest(skipTests bool) render.Manifest {
	o.splitMarkers()
	if skipTests {
		o.blankTests()
	}
	var once sync.Once
	return render.Manifest{Path: o.source.path, Source: o.text, Origin: func(line int) (string, int, string, bool) {
		once.Do(o.fill)
		if line < 1 || line > len(o.places) || o.places[line-1].text == nil {
			return "", 0, "", false
		}
		at := o.places[line-1]
		return at.text.at(at.line)
	}}
}

// fill gives blank lines the place of the line before.
func (o *output) fill() {
	for i := 1; i < len(o.places); i++ {
		if o.places[i].text == nil {
			o.places[i] = o.places[i-1]
		}
	}
}

func (o *output) splitMarkers() {
	if !bytes.Contains(o.text, []byte("---")) {
		return
	}
	var out []byte
	n, last := 0, 0
	offset := 0
	added := 0
	for line := range bytes.Lines(o.text) {
		if bytes.HasPrefix(line, []byte("---")) {
			rest := bytes.TrimLeft(line[3:], " \t")
			if c := bytes.TrimSpace(rest); len(c) > 0 && c[0] != '#' && c[0] != '-' {
				out = append(out, o.text[last:offset]...)
				out = append(out, "---\n"...)
				last = offset + len(line) - len(rest)
				o.places = slices.Insert(o.places, n+added, o.places[n+added])
				added++
			}
		}
		offset += len(line)
		n++
	}
	if added > 0 {
		o.text = append(out, o.text[last:]...)
	}
}

// blankTests empties the documents that are hooks of tests, so that the lines keep their numbers.
func (o *output) blankTests() {
	start := 0
	blank := func(end int) {
		if isTest(o.text[start:end]) {
			for i := start; i < end; i++ {
				if o.text[i] != '\n' {
					o.text[i] = ' '
				}
			}
		}
		start = end
	}
	offset := 0
	for line := range bytes.Lines(o.text) {
		if bytes.HasPrefix(line, []byte("---")) {
			blank(offset)
			start = offset + len(line)
		}
		offset += len(line)
	}
	blank(len(o.text))
}
