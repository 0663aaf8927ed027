package waiver

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// File finds the waivers for the findings of one file after the other. A worker keeps one File and calls, in this order,
//
//	Reset(path, src)             for each file
//	Document(tree, document)     for each document that it parses
//	Object(object), Pod(pod)     before the findings of an object, or a pod of it, are made
//	Find(finding)                for each finding
//
// and Problems at the end of a file. The nil File has no waivers. A file without waivers costs a search through
// its bytes for # and a look at the metadata of its objects, and allocates nothing.
type File struct {
	set      *Set
	known    Known // the set's, with a memory
	found    map[string][]*control.Control
	path     string
	rel      string
	src      []byte
	fits     []fit // by waiver of the set: is it for this file?
	problems []Problem

	comments []comment
	next     int // the first comment that may belong to the next document
	// resolved comments
	lines, nodes marks

	object   tree.Node
	ofObject subjectIndex
	ofPod    subjectIndex
	// the names of containers in the pods of containersOf
	containers   map[string]bool
	containersOf tree.Node
}

type fit uint8

const (
	unasked fit = iota
	yes
	no
)

// subjectKey finds a waiver that is written on an object or a pod.
type subjectKey struct {
	control   string
	container string // "" for all
	value     string // "" for all
}

// subjectIndex is the waivers of one object or pod.
type subjectIndex struct {
	index  map[subjectKey]*Waiver
	values bool // some are for single values
	places marks
}

func (x *subjectIndex) reset() {
	if len(x.index) > 0 {
		clear(x.index)
	}
	if len(x.places.byControl) > 0 {
		x.places.reset()
	}
	x.values = false
}

func (x *subjectIndex) empty() bool { return len(x.index) == 0 && len(x.places.byControl) == 0 }

// add files a waiver; of two for the same thing the one that has not expired counts.
func (x *subjectIndex) add(w *Waiver, containers []string, value string) {
	if x.index == nil {
		x.index = map[subjectKey]*Waiver{}
	}
	if len(containers) == 0 {
		containers = []string{""}
	}
	x.values = x.values || value != ""
	for _, c := range w.Controls {
		for _, name := range containers {
			key := subjectKey{c.ID, name, value}
			if old := x.index[key]; old == nil || old.expired {
				x.index[key] = w
			}
		}
	}
}

// get returns a waiver that holds, or else one that has expired.
func (x *subjectIndex) get(id, container, value string) *Waiver {
	w := x.index[subjectKey{control: id}]
	if container != "" && (w == nil || w.expired) {
		w = better(w, x.index[subjectKey{control: id, container: container}])
	}
	if value != "" && (w == nil || w.expired) {
		w = better(w, x.index[subjectKey{control: id, value: value}])
		if container != "" {
			w = better(w, x.index[subjectKey{id, container, value}])
		}
	}
	return w
}

func better(a, b *Waiver) *Waiver {
	if a == nil || b != nil && a.expired && !b.expired {
		return b
	}
	return a
}

// NewFile returns a File for one goroutine.
func (s *Set) NewFile() *File {
	f := &File{set: s, fits: make([]fit, len(s.waivers)), found: map[string][]*control.Control{}, known: s.opts.Known}
	if s.opts.Known.Find != nil {
		f.known.Find = f.find
	}
	if s.opts.Known.Nearest != nil {
		f.known.Nearest = f.nearest
	}
	return f
}

// limits for files that are made to keep a scan busy
const (
	maxProblems = 200
	maxFound    = 4096
)

// find remembers what ids mean: the same few are on thousands of objects.
func (f *File) find(id string) []*control.Control {
	controls, known := f.found[id]
	if !known {
		if len(f.found) >= maxFound {
			clear(f.found)
		}
		controls = f.set.opts.Known.Find(id)
		f.found[strings.Clone(id)] = controls
	}
	return controls
}

func (f *File) nearest(name string, candidates []string) string {
	if len(f.problems) >= maxProblems {
		return "" // nobody will read it
	}
	return f.set.opts.Known.Nearest(name, candidates)
}

// Reset begins a file.
func (f *File) Reset(path string, src []byte) {
	if f == nil {
		return
	}
	f.path, f.src = path, src
	f.rel = ""
	clear(f.fits)
	f.problems = f.problems[:0]
	f.comments, f.next = f.comments[:0], 0
	f.lines.reset()
	f.nodes.reset()
	f.ofObject.reset()
	f.ofPod.reset()
	f.scan()
}

// Problems returns what is wrong with the waivers of the file. The slice is valid until the next Reset.
func (f *File) Problems() []Problem {
	if f == nil {
		return nil
	}
	slices.SortStableFunc(f.problems, func(a, b Problem) int { return a.Offset - b.Offset })
	return f.problems
}

func (f *File) problem(offset, length int, warning bool, format string, args ...any) {
	switch n := len(f.problems); {
	case n < maxProblems:
		f.problems = append(f.problems, Problem{offset, length, warning, fmt.Sprintf(format, args...)})
	case n == maxProblems:
		f.problems = append(f.problems, Problem{offset, length, false, "there are more problems with the waivers of this file"})
	}
}

// Object reads the waivers on an object.
func (f *File) Object(o *object.Object) {
	if f == nil {
		return
	}
	f.object, f.containersOf = o.Root, tree.Node{}
	f.ofObject.reset()
	f.ofPod.reset()
	meta := o.Root.Get("metadata")
	if meta.Kind() != tree.Mapping {
		return
	}
	f.annotations(meta, o, nil, &f.ofObject)
	if o.Kind == "Pod" || o.Kind == "Namespace" {
		f.kubeauditLabels(meta, o, nil, &f.ofObject)
	}
}

// Pod reads the waivers on a pod of the object.
func (f *File) Pod(pod *object.Pod) {
	if f == nil {
		return
	}
	f.ofPod.reset()
	if pod.Meta == pod.Object.Root.Get("metadata") {
		// What the labels of a bare pod say of its volumes needs the pod.
		f.kubeauditLabels(pod.Meta, pod.Object, pod, &f.ofPod)
		return
	}
	if pod.Meta.Kind() == tree.Mapping {
		f.annotations(pod.Meta, pod.Object, pod, &f.ofPod)
		f.kubeauditLabels(pod.Meta, pod.Object, pod, &f.ofPod)
	}
}

// Find returns the waiver for a finding of the object in hand. ok is false if there is none, and also if it has
// expired: w then says so.
func (f *File) Find(of *control.Finding) (w *Waiver, ok bool) {
	if f == nil {
		return nil, false
	}
	if len(f.set.index) > 0 {
		w = f.configured(of, f.set.index[indexKey{control: of.Control.ID}], w)
		if of.Ref.Name != "" {
			w = f.configured(of, f.set.index[indexKey{of.Control.ID, of.Ref.Name}], w)
		}
	}
	if w == nil || w.expired {
		w = better(w, f.inFile(of))
	}
	return w, w != nil && !w.expired
}

// configured notes every waiver of the list that fits as used and returns the best of them and w.
func (f *File) configured(of *control.Finding, list []int, w *Waiver) *Waiver {
	for _, i := range list {
		if f.fits[i] == unasked {
			f.fits[i] = no
			if f.set.waivers[i].Match.file(f.relative()) {
				f.fits[i] = yes
			}
		}
		if v := f.set.waivers[i]; f.fits[i] == yes && v.Match.finding(of, f.object) {
			if !v.used.Load() {
				v.used.Store(true)
			}
			w = better(w, v)
		}
	}
	return w
}

func (f *File) relative() string {
	if f.rel == "" {
		f.rel = strings.TrimPrefix(filepath.ToSlash(f.path), "./")
		if f.set.opts.Rel != nil {
			f.rel = f.set.opts.Rel(f.path)
		}
	}
	return f.rel
}

func (f *File) inFile(of *control.Finding) (w *Waiver) {
	if len(f.lines.byControl) > 0 {
		w = f.lines.find(of.Control.ID, of.Place.Offset)
	}
	if len(f.nodes.byControl) > 0 {
		w = better(w, f.nodes.find(of.Control.ID, of.Place.Offset))
	}
	for _, x := range [...]*subjectIndex{&f.ofPod, &f.ofObject} {
		if !x.empty() && (w == nil || w.expired) {
			w = better(w, x.find(of))
		}
	}
	return w
}

func (x *subjectIndex) find(of *control.Finding) *Waiver {
	id, value := of.Control.ID, ""
	if x.values {
		value = capability(of.Value)
	}
	w := x.get(id, of.Ref.Container, value)
	if len(x.places.byControl) > 0 && (w == nil || w.expired) {
		w = better(w, x.places.find(id, of.Place.Offset))
	}
	if of.Ref.ContainerSort != "" || len(of.Containers) == 0 || w != nil && !w.expired {
		return w
	}
	// What a pod says for its containers is accepted if it is for each container that it reaches.
	var last *Waiver
	for _, name := range of.Containers {
		v := x.get(id, name, value)
		if v == nil {
			return w
		}
		if last == nil || v.expired {
			last = v
		}
	}
	return better(w, last)
}
