// Package waiver decides which findings somebody has accepted, and keeps who, why and until when.
//
// A waiver is written in the configuration (for objects of other people above all), as an annotation on the object or
// its pod template, or as a comment in the file. The suppressions of other tools count too, each for what that tool
// checks and no more, so that a change of tools does not bring back what was settled; see peers.go for each one's syntax.
//
// What a waiver can say, wherever it is written:
//
//	reason     why the finding is accepted; always required in kubeharden's own waivers
//	until      YYYY-MM-DD, the last day it holds; from the next day on the finding fails again and says so
//	owner      who answers for it
//	container  in annotations: the containers that it is limited to
//
// A waiver that cannot be understood waives nothing and is a [Problem]: a typing error must not open a hole, and must
// not go unnoticed.
package waiver

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver/glob"
)

// Date is a day as YYYY-MM-DD; dates compare as texts do. "" is no date.
type Date string

// ParseDate reads a date and refuses days that no calendar has.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", fmt.Errorf("%q is not a date of the form 2027-01-31", shorten(s))
	}
	return Date(s), nil
}

// Known is the catalogue as waivers need it.
type Known struct {
	// Controls are all controls there are, whether they are on or not.
	Controls []*control.Control
	// Find returns the controls with an id of ours or of another tool, with or without the tool in front: trivy:KSV-0001.
	Find func(id string) []*control.Control
	// Nearest returns the candidate that a name is most likely a misspelling of, or "". It may be nil.
	Nearest func(name string, candidates []string) string
}

// Lookup finds the controls of an id, or an error that names the nearest one.
func (k *Known) Lookup(id string) ([]*control.Control, error) {
	if k.Find != nil && id != "" {
		if found := k.Find(id); len(found) > 0 {
			return found, nil
		}
	}
	var ids []string
	for _, c := range k.Controls {
		ids = append(ids, c.ID)
	}
	return nil, fmt.Errorf("unknown control %q%s", shorten(id), k.DidYouMean(id, ids))
}

// DidYouMean returns a hint to be put behind an error about a name, "" if no candidate is near.
func (k *Known) DidYouMean(name string, candidates []string) string {
	if k.Nearest == nil || len(name) > 100 {
		return ""
	}
	if near := k.Nearest(name, candidates); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return ""
}

// of returns the controls that another tool's check is known by; the tool may have checks that we do not have.
func (k *Known) of(tool, id string) []*control.Control {
	if k.Find == nil || id == "" {
		return nil
	}
	return k.Find(tool + ":" + id)
}

// tool returns all controls that another tool checks too.
func (k *Known) tool(name string) []*control.Control {
	var found []*control.Control
	for _, c := range k.Controls {
		if slices.ContainsFunc(c.Peers.All(), func(p control.Peer) bool { return p.Tool == name }) {
			found = append(found, c)
		}
	}
	return found
}

// Waiver accepts findings.
type Waiver struct {
	// Controls are those whose findings are accepted.
	Controls []*control.Control
	// Reason says why; only other tools' suppressions may lack it.
	Reason string
	Owner  string
	// Until is the last day on which it holds, "" if it holds for ever.
	Until Date
	// Origin says where it is written: .kubeharden.yaml:12, annotation kubeharden.io/waive.privileged-container.
	Origin string
	// Tool is the other tool that it was written for, "" for ours.
	Tool string
	// Match limits the findings; the zero Match accepts all. Waivers in manifests are limited by where they stand.
	Match Match

	// ends is the moment from which it no longer holds, for tools that know more than days.
	ends    time.Time
	expired bool
	used    atomic.Bool
}

// String says why, who, until when and where it is written, in one line.
func (w *Waiver) String() string {
	var b strings.Builder
	if w.expired {
		fmt.Fprintf(&b, "waiver expired on %s: ", w.Until)
	}
	if w.Reason == "" {
		b.WriteString("no reason given")
	}
	b.WriteString(w.Reason)
	b.WriteString(" (")
	if w.Owner != "" {
		fmt.Fprintf(&b, "owner %s, ", w.Owner)
	}
	if w.Until != "" && !w.expired {
		fmt.Fprintf(&b, "until %s, ", w.Until)
	}
	return b.String() + w.Origin + ")"
}

// judge notes whether the waiver has expired.
func (w *Waiver) judge(now time.Time) {
	if !w.ends.IsZero() {
		w.expired = !now.Before(w.ends)
		return
	}
	w.expired = w.Until != "" && Date(now.Format(time.DateOnly)) > w.Until
}

// Match says which findings a waiver is for: those for which each field that is given has a pattern that fits.
type Match struct {
	// File has patterns for the file's path, or a folder above it.
	File                              []glob.Glob
	APIVersion, Kind, Namespace, Name []Pattern
	// Container limits it to findings about such containers, and to those about the pod that are reached only through them.
	Container []Pattern
	// Labels are the object's.
	Labels []Label

	whole         bool // File has to fit the whole path
	orAnnotations bool // Labels may be annotations instead
	namespaceName bool // Namespace is also the name of a Namespace object
}

// Pattern fits texts.
type Pattern interface{ Match(s string) bool }

// Label is a label that an object must have.
type Label struct {
	Key   string
	Value Pattern
}

func fits(patterns []Pattern, s string) bool {
	for _, p := range patterns {
		if p.Match(s) {
			return true
		}
	}
	return len(patterns) == 0
}

func (m *Match) file(path string) bool {
	for _, g := range m.File {
		if g.Match(path) || !m.whole && g.Covers(path) {
			return true
		}
	}
	return len(m.File) == 0
}

// finding reports whether all but the file fits.
func (m *Match) finding(f *control.Finding, object tree.Node) bool {
	namespace := f.Ref.Namespace
	if m.namespaceName && f.Ref.Kind == "Namespace" {
		namespace = f.Ref.Name
	}
	if !fits(m.Name, f.Ref.Name) || !fits(m.Kind, f.Ref.Kind) || !fits(m.Namespace, namespace) || !fits(m.APIVersion, f.Ref.APIVersion) {
		return false
	}
	if len(m.Container) > 0 && !m.container(f) {
		return false
	}
	if len(m.Labels) == 0 {
		return true
	}
	meta := object.Get("metadata")
	return m.labels(meta.Get("labels")) || m.orAnnotations && m.labels(meta.Get("annotations"))
}

func (m *Match) container(f *control.Finding) bool {
	if f.Ref.ContainerSort != "" {
		return fits(m.Container, f.Ref.Container)
	}
	for _, name := range f.Containers {
		if !fits(m.Container, name) {
			return false
		}
	}
	return len(f.Containers) > 0
}

func (m *Match) labels(of tree.Node) bool {
	for _, l := range m.Labels {
		n := of.Get(l.Key)
		if n.Kind() != tree.Scalar || !l.Value.Match(n.Text()) {
			return false
		}
	}
	return true
}

// Problem is a waiver that was not understood, or one that does not count. Offset and Length are bytes of the file.
type Problem struct {
	Offset, Length int
	// Warning problems are no mistake that has to be corrected.
	Warning bool
	Message string
}

// Options say how waivers are read.
type Options struct {
	Known Known
	// Now decides what has expired.
	Now time.Time
	// Strict makes waivers in manifests, and those that were written for other tools, not count.
	Strict bool
	// Rel turns the path of a finding's file into the one that patterns for files are written for, with forward slashes. It may
	// be nil if they are the same.
	Rel func(path string) string
}

// Set is all the waivers of a run that stand outside of the manifests. It may be used by many goroutines.
type Set struct {
	opts    Options
	waivers []*Waiver
	// index has the positions of waivers by control, and by the object's name where they are for one.
	index map[indexKey][]int
}

type indexKey struct{ control, name string }

// NewSet takes waivers from the configuration and from other tools' files.
func NewSet(waivers []*Waiver, opts *Options) *Set {
	s := &Set{opts: *opts, index: map[indexKey][]int{}}
	for _, w := range waivers {
		if opts.Strict && w.Tool != "" {
			continue
		}
		w.judge(opts.Now)
		i := len(s.waivers)
		s.waivers = append(s.waivers, w)
		for _, key := range keysOf(w) {
			if list := s.index[key]; len(list) == 0 || list[len(list)-1] != i {
				s.index[key] = append(list, i)
			}
		}
	}
	return s
}

func keysOf(w *Waiver) []indexKey {
	var keys []indexKey
	for _, c := range w.Controls {
		names := []string{}
		for _, p := range w.Match.Name {
			g, ok := p.(glob.Glob)
			if !ok {
				names = nil
				break
			}
			name, literal := g.Literal()
			if !literal || name == "" {
				names = nil
				break
			}
			names = append(names, name)
		}
		if len(names) == 0 {
			keys = append(keys, indexKey{control: c.ID})
			continue
		}
		for _, name := range names {
			keys = append(keys, indexKey{c.ID, name})
		}
	}
	return keys
}

// Unused returns the waivers that no finding has met, in the order in which they were given. They are either no longer
// needed or were never right; which of the two a scan of a part of the files cannot tell.
func (s *Set) Unused() []*Waiver {
	var unused []*Waiver
	for _, w := range s.waivers {
		if !w.used.Load() {
			unused = append(unused, w)
		}
	}
	return unused
}

// shorten cuts a text that is put into a message.
func shorten(s string) string {
	const longest = 80
	if len(s) > longest {
		return strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return s
}
