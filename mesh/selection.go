package mesh

import (
	"github.com/kubeharden/kubeharden/label"
)

// selection finds the selectors that select given labels without trying them all: a selector is looked up by the one of its
// labels that the fewest others have.
type selection struct {
	groups  []*group
	buckets map[label.Label][]int // of groups
	rest    []int                 // groups without a label to look them up by
}

// group is what has the same selector.
type group struct {
	selector label.Selector
	members  []int
}

// selectAll indexes things by namespace and selector.
func selectAll[T any](list []T, of func(*T) (namespace string, selector label.Selector)) map[string]*selection {
	out := map[string]*selection{}
	seen := map[string]map[string]*group{}
	for i := range list {
		namespace, selector := of(&list[i])
		s := out[namespace]
		if s == nil {
			s = &selection{}
			out[namespace], seen[namespace] = s, map[string]*group{}
		}
		text := selector.String()
		g := seen[namespace][text]
		if g == nil || selector.Impossible() {
			g = &group{selector: selector}
			seen[namespace][text] = g
			s.groups = append(s.groups, g)
		}
		g.members = append(g.members, i)
	}
	for _, s := range out {
		s.build()
	}
	return out
}

// build looks for the rarest label of every selector.
func (s *selection) build() {
	count := map[label.Label]int{}
	for _, g := range s.groups {
		for _, l := range labelsOf(g.selector) {
			count[l]++
		}
	}
	s.buckets = map[label.Label][]int{}
	for i, g := range s.groups {
		var best label.Label
		found := false
		for _, l := range labelsOf(g.selector) {
			if !found || count[l] < count[best] {
				best, found = l, true
			}
		}
		if !found {
			s.rest = append(s.rest, i)
			continue
		}
		s.buckets[best] = append(s.buckets[best], i)
	}
}

// labelsOf returns the labels that pods must have for a selector to select them.
func labelsOf(selector label.Selector) []label.Label {
	var out []label.Label
	for _, r := range selector {
		if r.Operator == label.In && len(r.Values) == 1 {
			out = append(out, label.Label{Key: r.Key, Value: r.Values[0]})
		}
	}
	return out
}

// matching calls use for the members of every selector that selects the labels.
func (s *selection) matching(labels label.Set, use func(members []int)) {
	if s == nil {
		return
	}
	for _, i := range s.rest {
		if s.groups[i].selector.Matches(labels) {
			use(s.groups[i].members)
		}
	}
	for _, l := range labels {
		for _, i := range s.buckets[l] {
			if s.groups[i].selector.Matches(labels) {
				use(s.groups[i].members)
			}
		}
	}
}
