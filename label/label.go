// Package label has Kubernetes' labels and label selectors, with the API server's own semantics:
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
//
// Nothing here keeps state; all values may be used by many goroutines.
package label

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Label is one label, or annotation.
type Label struct{ Key, Value string }

// Set is a set of labels, sorted by key, each key once.
type Set []Label

// New returns the set of a map.
func New(m map[string]string) Set {
	s := make(Set, 0, len(m))
	for k, v := range m {
		s = append(s, Label{k, v})
	}
	s.sort()
	return s
}

// Read reads a mapping of texts. What is null or no scalar counts as the empty text.
func Read(n tree.Node) Set { return ReadIf(n, nil) }

// ReadIf is Read for the entries that keep wants; nil wants all.
func ReadIf(n tree.Node, keep func(key, value string) bool) Set {
	var s Set
	for k, v := range n.Pairs() {
		if k.Overridden() || keep != nil && !keep(k.Text(), v.Text()) {
			continue
		}
		s = append(s, Label{object.Keep(k), object.Keep(v)})
	}
	s.sort()
	return s
}

func (s Set) sort() {
	slices.SortFunc(s, func(a, b Label) int { return strings.Compare(a.Key, b.Key) })
}

// Get returns the value of a key.
func (s Set) Get(key string) (value string, ok bool) {
	for i := range s { // sets are short
		if s[i].Key == key {
			return s[i].Value, true
		}
	}
	return "", false
}

// Has reports whether the set has the key with the value.
func (s Set) Has(key, value string) bool {
	v, ok := s.Get(key)
	return ok && v == value
}

// With returns a set that has the label too; a value that is there already is replaced.
func (s Set) With(key, value string) Set {
	out := make(Set, 0, len(s)+1)
	for _, l := range s {
		if l.Key != key {
			out = append(out, l)
		}
	}
	out = append(out, Label{key, value})
	out.sort()
	return out
}

// Equal reports whether both sets have the same labels.
func (s Set) Equal(t Set) bool { return slices.Equal(s, t) }

// String writes a=b,c=d.
func (s Set) String() string {
	var b strings.Builder
	for i, l := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(l.Key + "=" + l.Value)
	}
	return b.String()
}
