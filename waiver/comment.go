package waiver

import (
	"bytes"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// A comment of ours is
//
//	# kubeharden:ignore <control>[, <control>…] <value>
//
// with the value as described at [value], without containers. Behind something on a line, it is for the findings that
// point to that line. On a line of its own, it is for what begins on the next line, other comments in between allowed, blank lines not:
//
//   - above "- name: app": for the whole item of the list
//   - above "privileged: true" or "securityContext:": for that entry of the mapping, with all that is in its value
//   - above the first line of a document, or the --- before it: for the whole document
//
// A finding about something that is missing points to the nearest thing that is there: to the name of a container for a field
// that the container lacks, to "spec:" for one that the pod lacks.
var markers = [...]struct{ tool, text string }{
	{"", "kubeharden:ignore"}, {"trivy", "trivy:ignore"}, {"checkov", "checkov:skip="}, {"checkov", "bridgecrew:skip="},
}

// comment is a waiver in a comment, as it is found in the bytes of the file before they are parsed.
type comment struct {
	at, end    int // from the # to the end of the line
	start      int // of the line
	text       string
	tool       string // "" for ours
	own        bool   // alone on its line
	target     int    // what it stands above, or the first thing on its line; -1 for nothing
	dead       bool   // a part of a scalar and no comment
	lo, hi     int    // what it is for; hi 0: not known
	lineNumber int
}

// scan collects the comments of the file.
func (f *File) scan() {
	src := f.src
	line, counted := 1, 0
	for at := 0; ; {
		i := bytes.IndexByte(src[at:], '#')
		if i < 0 {
			break
		}
		hash := at + i
		for at = hash + 1; at < len(src) && src[at] == '#'; at++ {
		}
		word := at
		for word < len(src) && (src[word] == ' ' || src[word] == '\t') {
			word++
		}
		tool, ok := markerAt(src[word:])
		if !ok || hash > 0 && src[hash-1] != ' ' && src[hash-1] != '\t' && src[hash-1] != '\n' && !bytes.Equal(src[:hash], bom) {
			continue
		}
		c := newComment(src, hash, word)
		c.tool = tool
		line += bytes.Count(src[counted:hash], []byte{'\n'})
		counted = hash
		c.lineNumber = line
		f.comments = append(f.comments, c)
		at = c.end
	}
	f.findTargets()
}

var bom = []byte("\ufeff")

func markerAt(src []byte) (tool string, ok bool) {
	if len(src) == 0 || strings.IndexByte("ktcb", src[0]) < 0 {
		return "", false
	}
	for _, m := range markers {
		if len(src) >= len(m.text) && string(src[:len(m.text)]) == m.text {
			return m.tool, true
		}
	}
	return "", false
}

func lineEnd(src []byte, i int) int {
	if k := bytes.IndexByte(src[i:], '\n'); k >= 0 {
		return i + k
	}
	return len(src)
}

// newComment reads the comment whose # is at hash and whose first word is at word.
func newComment(src []byte, hash, word int) comment {
	c := comment{at: hash, end: lineEnd(src, word), start: bytes.LastIndexByte(src[:hash], '\n') + 1}
	c.own = len(bytes.Trim(bytes.TrimPrefix(src[c.start:hash], bom), " \t")) == 0
	c.text = strings.TrimRight(strings.ToValidUTF8(string(src[word:c.end]), "\ufffd"), " \t\r")
	return c
}

// findTargets finds what the comments stand above. It goes from the last to the first, so that many comments above one
// another do not each read all that follow.
func (f *File) findTargets() {
	if len(f.comments) == 0 {
		return
	}
	targets := map[int]int{} // by the start of the line of a comment
	for i := len(f.comments) - 1; i >= 0; i-- {
		c := &f.comments[i]
		if c.own {
			c.target = f.below(c.end, targets)
			targets[c.start] = c.target
			continue
		}
		c.target = c.start
		for f.src[c.target] == ' ' || f.src[c.target] == '\t' {
			c.target++
		}
	}
}

// below returns the offset of what begins below the line that ends at i, -1 if nothing does.
func (f *File) below(i int, targets map[int]int) int {
	src := f.src
	for i < len(src) {
		start := i + 1
		if target, known := targets[start]; known {
			return target
		}
		i = lineEnd(src, min(start, len(src)))
		text := bytes.TrimLeft(src[min(start, len(src)):i], " \t")
		first := i - len(text)
		if bytes.HasPrefix(text, []byte("---")) && first == start {
			rest := bytes.TrimLeft(text[3:], " \t")
			switch {
			case len(rest) < len(text)-3 && len(bytes.TrimSpace(rest)) > 0 && rest[0] != '#':
				return i - len(rest) // --- {kind: Pod}
			case len(bytes.TrimSpace(rest)) == 0 || len(rest) < len(text)-3:
				continue
			}
		}
		switch {
		case len(bytes.TrimSpace(text)) == 0:
			return -1
		case text[0] != '#':
			return first
		}
	}
	return -1
}

// Document finds what the comments of a document are for.
func (f *File) Document(t *tree.Tree, doc tree.Document) {
	if f == nil {
		return
	}
	f.lines.reset()
	f.nodes.reset()
	if f.next >= len(f.comments) {
		return
	}
	// The comments whose # is in the document, and those before its marker that stand above it.
	for f.next < len(f.comments) && max(f.comments[f.next].at, f.comments[f.next].target) < doc.Start {
		f.next++
	}
	first := f.next
	for f.next < len(f.comments) && f.comments[f.next].at < doc.End {
		f.next++
	}
	here := f.comments[first:f.next]
	if len(here) == 0 {
		return
	}
	r := resolver{src: f.src, comments: here, root: t.Root()}
	r.run()
	for i := range here {
		c := &here[i]
		if c.dead {
			continue
		}
		if c.target >= doc.End {
			// It stands at the end of this document, above the next one. What is a comment here is one there.
			f.next = first + i
			break
		}
		if c.own && c.hi == 0 {
			f.problem(c.at, c.end-c.at, true, "this comment stands above nothing: write it on the line of the finding, or directly above it")
			continue
		}
		f.read(c)
	}
}

// read understands a comment and files its waiver.
func (f *File) read(c *comment) {
	switch c.tool {
	case "trivy":
		f.trivyComment(c)
	case "checkov":
		f.checkovComment(c)
	default:
		f.ownComment(c)
	}
}

func (f *File) ownComment(c *comment) {
	rest := strings.TrimPrefix(c.text, "kubeharden:ignore")
	if rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		word, _, _ := strings.Cut(c.text, " ")
		f.problem(c.at, c.end-c.at, false, "unknown comment %q, did you mean \"kubeharden:ignore\"?", shorten(word))
		return
	}
	if f.set.opts.Strict {
		f.problem(c.at, c.end-c.at, true, "this comment does not count: waivers in files are forbidden (strict)")
		return
	}
	ids, text := controlList(rest)
	if len(ids) == 0 {
		f.problem(c.at, c.end-c.at, false, "kubeharden:ignore names no control: # kubeharden:ignore CONTROL REASON")
		return
	}
	var controls []*control.Control
	for _, id := range ids {
		found, err := f.known.Lookup(id)
		if err != nil {
			f.problem(c.at, c.end-c.at, false, "kubeharden:ignore: %v", err)
			return
		}
		controls = append(controls, found...)
	}
	v, err := parseValue(text, &f.known, "until", "owner")
	if err != nil {
		f.problem(c.at, c.end-c.at, false, "kubeharden:ignore %s: %v", shorten(strings.Join(ids, ",")), err)
		return
	}
	f.file(c, &Waiver{Controls: controls, Reason: v.reason, Owner: v.owner, Until: v.until}, "comment")
}

// file puts a waiver where findings find it.
func (f *File) file(c *comment, w *Waiver, origin string) {
	w.Origin = origin + " on line " + itoa(c.lineNumber)
	w.judge(f.set.opts.Now)
	for _, of := range w.Controls {
		if c.own || c.tool != "" && c.hi > 0 {
			f.nodes.add(of.ID, c.lo, c.hi, w)
			continue
		}
		f.lines.add(of.ID, c.start, c.end, w)
	}
}

// resolver finds out, in one walk through a document, which comments are parts of scalars and what the others are for.
type resolver struct {
	src      []byte
	comments []comment
	byTarget []int // indexes of comments by ascending target
	root     tree.Node
}

func (r *resolver) run() {
	for i := range r.comments {
		if r.comments[i].target >= 0 {
			r.byTarget = append(r.byTarget, i)
		}
	}
	slices.SortStableFunc(r.byTarget, func(a, b int) int { return r.comments[a].target - r.comments[b].target })
	r.walk(r.root)
	// Last, so that the document wins over its first entry.
	if r.root.Kind() == tree.Mapping {
		start, end := r.root.Span()
		r.target(start, start, end)
	}
}

// target notes the span for the comments that stand above at.
func (r *resolver) target(at, lo, hi int) {
	i, _ := slices.BinarySearchFunc(r.byTarget, at, func(c, at int) int { return r.comments[c].target - at })
	for ; i < len(r.byTarget) && r.comments[r.byTarget[i]].target == at; i++ {
		c := &r.comments[r.byTarget[i]]
		c.lo, c.hi = lo, hi
	}
}

func (r *resolver) walk(n tree.Node) {
	if n.Aliased() {
		return
	}
	start, end := n.Span()
	switch n.Kind() {
	case tree.Scalar:
		r.scalar(n, start, end)
	case tree.Mapping:
		for key, value := range n.Pairs() {
			if key.Aliased() {
				continue
			}
			from, to := key.Span()
			r.scalar(key, from, to)
			if _, last := value.Span(); !value.Aliased() {
				to = max(to, last)
			}
			r.target(from, from, to)
			r.walk(value)
		}
	case tree.Sequence:
		for _, item := range n.Items() {
			if item.Aliased() {
				continue
			}
			from, to := item.Span()
			if n.Style() == tree.Flow {
				r.target(from, from, to)
			} else if dash := r.dash(start, from); dash >= 0 {
				r.target(dash, dash, to)
			}
			r.walk(item)
			start = to
		}
	case tree.Missing:
	}
}

// dash returns the place of the dash before an item, which lies behind from: the only thing there besides blanks and comments.
func (r *resolver) dash(from, item int) int {
	i, _ := slices.BinarySearchFunc(r.byTarget, from, func(c, at int) int { return r.comments[c].target - at })
	for ; i < len(r.byTarget) && r.comments[r.byTarget[i]].target < item; i++ {
		if at := r.comments[r.byTarget[i]].target; r.src[at] == '-' {
			return at
		}
	}
	return -1
}

// scalar marks what only looks like a comment.
func (r *resolver) scalar(n tree.Node, start, end int) {
	i, _ := slices.BinarySearchFunc(r.comments, start, func(c comment, at int) int { return c.at - at })
	if i == len(r.comments) || r.comments[i].at >= end {
		return
	}
	if s := n.Style(); s == tree.Literal || s == tree.Folded {
		start = lineEnd(r.src, start) // a comment may follow the | that begins a block
	}
	for ; i < len(r.comments) && r.comments[i].at < end; i++ {
		if r.comments[i].at >= start {
			r.comments[i].dead = true
		}
	}
}
