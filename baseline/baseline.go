// Package baseline remembers the findings of one moment, so that later only new ones fail.
//
// A finding is recognised by what it is about and not by where it stands: the control, the file, the object's kind,
// namespace and name, the container, and the path of the field in which items of lists are named instead of counted
// (see [StablePath]). Moved lines, comments, another format and reordered lists make nothing new. A value is no part of
// it: another wrong value of the same field is the same finding.
//
// Equal findings are counted: if the baseline has two, a third one is new. In a file that was renamed, findings are
// recognised without the file, if the caller can tell that the old one is gone.
//
// A baseline also knows which findings stood for others (control.Finding.Folded). Once such a finding is mended those that it
// implied come to light; they are no news either.
package baseline

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// Entry is a finding of the baseline, or several equal ones.
type Entry struct {
	Control   string `json:"control"`
	File      string `json:"file"`
	Object    string `json:"object"`
	Container string `json:"container,omitempty"`
	Path      string `json:"path,omitempty"`
	// Count is how many of them there are; 0 in a file stands for 1.
	Count int `json:"count,omitempty"`
	// Implies are controls whose findings on the same container, pod or object these stand for.
	Implies []string `json:"implies,omitempty"`
}

// key is what equal findings have in common.
type key struct{ control, file, object, container, path string }

func (e *Entry) key() key { return key{e.Control, e.File, e.Object, e.Container, e.Path} }

func (k key) compare(l key) int {
	return cmp.Or(cmp.Compare(k.file, l.file), cmp.Compare(k.object, l.object), cmp.Compare(k.container, l.container),
		cmp.Compare(k.control, l.control), cmp.Compare(k.path, l.path))
}

// Options say how files are named.
type Options struct {
	// Rel turns the path of a file into the one that the baseline has, with forward slashes: the same wherever the command is
	// run. It may be nil.
	Rel func(path string) string
	// Gone reports whether a file of the baseline does not exist any more, so that its findings may be in a file with
	// another name. It may be nil.
	Gone func(path string) bool
}

func (o *Options) rel(path string) string {
	if o.Rel != nil {
		path = o.Rel(path)
	} else {
		path = strings.TrimPrefix(filepath.ToSlash(path), "./")
	}
	return strings.ToValidUTF8(path, "\ufffd") // as JSON has it
}

func (o *Options) keyOf(f *control.Finding, stable string) key {
	if stable == "" {
		stable = StablePath(tree.Node{}, f)
	}
	return key{f.Control.ID, o.rel(f.Place.File), f.Ref.String(), f.Ref.Container, stable}
}

// Writer collects the findings of a new baseline.
type Writer struct {
	opts    Options
	entries map[key]*Entry
}

// NewWriter begins a baseline.
func NewWriter(opts Options) *Writer { return &Writer{opts: opts, entries: map[key]*Entry{}} }

// Add adds a finding if it has failed; findings of other statuses are not what a baseline is for. stable is what
// StablePath says of it; with "" it is made from the finding alone.
func (w *Writer) Add(f *control.Finding, stable string) {
	if f.Status != control.Fail {
		return
	}
	k := w.opts.keyOf(f, stable)
	e := w.entries[k]
	if e == nil {
		e = &Entry{Control: k.control, File: k.file, Object: k.object, Container: k.container, Path: k.path}
		w.entries[k] = e
	}
	e.Count++
	for _, id := range f.Folded {
		if !slices.Contains(e.Implies, id) {
			e.Implies = append(e.Implies, id)
		}
	}
}

// Entries returns what was collected, sorted.
func (w *Writer) Entries() []Entry {
	entries := make([]Entry, 0, len(w.entries))
	for _, e := range w.entries {
		slices.Sort(e.Implies)
		entries = append(entries, *e)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return a.key().compare(b.key()) })
	return entries
}

// Baseline recognises findings. It is for one goroutine, and findings are to be given to it in a fixed order, so that of
// equal findings it is always the same ones that are new.
type Baseline struct {
	opts    Options
	entries []Entry
	left    []int // how many findings each entry can still take
	byKey   map[key]int
	// moved has the entries without their files; only the objects with names.
	moved map[key][]int
	// implied has how many implied findings can still come to light, by control, file, object and container.
	implied map[key]int
	gone    map[string]bool
	seen    map[string]bool
}

// New makes a baseline of entries.
func New(entries []Entry, opts Options) *Baseline {
	b := &Baseline{
		opts: opts, entries: slices.Clone(entries), left: make([]int, len(entries)), byKey: make(map[key]int, len(entries)),
		moved: map[key][]int{}, implied: map[key]int{}, gone: map[string]bool{}, seen: map[string]bool{},
	}
	for i := range b.entries {
		e := &b.entries[i]
		e.Count = max(e.Count, 1)
		k := e.key()
		if first, ok := b.byKey[k]; ok { // a file that was merged by hand
			b.left[first] += e.Count
		} else {
			b.byKey[k] = i
			b.left[i] = e.Count
			// An object without a name is its kind, or ends with the namespace.
			if k.file = ""; strings.Contains(e.Object, "/") && !strings.HasSuffix(e.Object, "/") {
				b.moved[k] = append(b.moved[k], i)
			}
		}
		for _, id := range e.Implies {
			b.implied[key{control: id, file: e.File, object: e.Object, container: e.Container}] += e.Count
		}
	}
	return b
}

// Match reports whether a finding is in the baseline, and takes it out there. stable is what StablePath says of it; with
// "" it is made from the finding alone.
func (b *Baseline) Match(f *control.Finding, stable string) bool {
	k := b.opts.keyOf(f, stable)
	if i, ok := b.byKey[k]; ok && b.left[i] > 0 {
		b.left[i]--
		return true
	}
	implied := key{control: k.control, file: k.file, object: k.object, container: k.container}
	if n := b.implied[implied]; n > 0 {
		b.implied[implied] = n - 1
		return true
	}
	return b.matchMoved(k)
}

// matchMoved looks for the finding in files that are gone. Entries that cannot help any more are dropped, so that the same
// object in thousands of files does not make each finding look through all of them.
func (b *Baseline) matchMoved(k key) bool {
	if b.opts.Gone == nil {
		return false
	}
	k.file = ""
	list := b.moved[k]
	for len(list) > 0 {
		i := list[0]
		if b.left[i] > 0 && b.isGone(b.entries[i].File) {
			b.left[i]--
			b.moved[k] = list
			return true
		}
		list = list[1:]
	}
	delete(b.moved, k)
	return false
}

func (b *Baseline) isGone(file string) bool {
	if b.opts.Gone == nil {
		return false
	}
	gone, known := b.gone[file]
	if !known {
		gone = b.opts.Gone(file)
		b.gone[file] = gone
	}
	return gone
}

// Saw notes that a file was scanned.
func (b *Baseline) Saw(file string) { b.seen[b.opts.rel(file)] = true }

// Fixed returns what is in the baseline and was not found, of files that were scanned or that are gone. Count is how many
// are missing.
func (b *Baseline) Fixed() []Entry {
	var fixed []Entry
	for i, e := range b.entries {
		if b.left[i] > 0 && (b.seen[e.File] || b.isGone(e.File)) {
			e.Count = b.left[i]
			fixed = append(fixed, e)
		}
	}
	slices.SortStableFunc(fixed, func(a, b Entry) int { return a.key().compare(b.key()) })
	return fixed
}
