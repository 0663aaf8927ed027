package network

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
)

// comparePolicies puts policies into the order in which they are asked within a tier.
func comparePolicies(p, q *Policy) int {
	return cmp.Or(
		cmp.Compare(p.Tier, q.Tier), cmp.Compare(p.order(), q.order()), strings.Compare(p.Namespace, q.Namespace), strings.Compare(p.Name, q.Name),
		cmp.Compare(p.API, q.API), cmp.Compare(p.Object, q.Object),
	)
}

// order returns the order within the tier; all that is not Calico's comes at the order of NetworkPolicies.
func (p *Policy) order() float64 {
	if p.Tier == Standard && !p.API.calico() {
		return standardOrder
	}
	return p.Order
}

// classIndex finds classes by the labels that a selection asks for.
type classIndex struct {
	a          *Analysis
	namespaces map[string][]int32 // the classes of a namespace
	names      []string           // of the namespaces, sorted
	labels     map[string]label.Set
	byName     map[label.Label][]string // the namespaces that have a label
	local      map[localLabel][]int32   // the classes of a namespace that have a label
	global     map[label.Label][]int32  // the classes that have a label
}

type localLabel struct {
	namespace string
	label     label.Label
}

func newClassIndex(a *Analysis) *classIndex {
	x := &classIndex{
		a: a, namespaces: map[string][]int32{}, labels: map[string]label.Set{}, byName: map[label.Label][]string{},
		local: map[localLabel][]int32{}, global: map[label.Label][]int32{},
	}
	for i := range a.classes {
		c, number := &a.classes[i], int32(i) //nolint:gosec // fewer than there are bytes
		if _, known := x.namespaces[c.Namespace]; !known {
			x.names = append(x.names, c.Namespace)
			x.labels[c.Namespace] = a.index.NamespaceLabels(c.Namespace)
			for _, l := range x.labels[c.Namespace] {
				x.byName[l] = append(x.byName[l], c.Namespace)
			}
		}
		x.namespaces[c.Namespace] = append(x.namespaces[c.Namespace], number)
		for _, l := range c.Labels {
			key := localLabel{c.Namespace, l}
			x.local[key] = append(x.local[key], number)
			x.global[l] = append(x.global[l], number)
		}
	}
	slices.Sort(x.names)
	return x
}

// wanted returns labels of which what a selector selects has to have one; ok is false if there is nothing of the kind.
func wanted(s label.Selector, e *expression, size func(label.Label) int) (out []label.Label, ok bool) {
	best := -1
	for i := range s {
		if s[i].Operator != label.In {
			continue
		}
		total := 0
		for _, v := range s[i].Values {
			total += size(label.Label{Key: s[i].Key, Value: v})
		}
		if best >= 0 && total >= best {
			continue
		}
		best, out = total, out[:0]
		for _, v := range s[i].Values {
			out = append(out, label.Label{Key: s[i].Key, Value: v})
		}
	}
	if l, found := e.equal(); found && best < 0 {
		return []label.Label{l}, true
	}
	return out, best >= 0
}

// selected returns the namespaces of a selection.
func (x *classIndex) selected(s *Selection) []string {
	if s.Namespace != "" {
		if _, known := x.namespaces[s.Namespace]; !known || !s.selectsNamespace(s.Namespace, x.labels[s.Namespace]) {
			return nil
		}
		return []string{s.Namespace}
	}
	candidates := x.names
	if ls, ok := wanted(s.Namespaces, nil, func(l label.Label) int { return len(x.byName[l]) }); ok {
		candidates = nil
		for _, l := range ls {
			candidates = append(candidates, x.byName[l]...)
		}
	}
	var out []string
	for _, n := range candidates {
		if s.selectsNamespace(n, x.labels[n]) {
			out = append(out, n)
		}
	}
	return out
}

// members returns the classes that a selection selects, ascending.
func (x *classIndex) members(s *Selection) []int32 {
	if s.nothing {
		return nil
	}
	var out []int32
	take := func(candidates []int32, checked bool) {
		for _, c := range candidates {
			class := &x.a.classes[c]
			if (checked || s.selectsNamespace(class.Namespace, x.labels[class.Namespace])) && s.Pods.Matches(class.Labels) && s.pods.matches(class.Labels, class.Namespace) {
				out = append(out, c)
			}
		}
	}
	if s.Namespace == "" {
		if ls, ok := wanted(s.Pods, s.pods, func(l label.Label) int { return len(x.global[l]) }); ok && x.few(s, ls) {
			for _, l := range ls {
				take(x.global[l], false)
			}
			slices.Sort(out)
			return out
		}
	}
	for _, n := range x.selected(s) {
		ls, ok := wanted(s.Pods, s.pods, func(l label.Label) int { return len(x.local[localLabel{n, l}]) })
		if !ok {
			take(x.namespaces[n], true)
			continue
		}
		for _, l := range ls {
			take(x.local[localLabel{n, l}], true)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// few reports whether a selection is found faster by the labels of pods than by those of namespaces.
func (x *classIndex) few(s *Selection, ls []label.Label) bool {
	namespaces, ok := wanted(s.Namespaces, nil, func(l label.Label) int { return len(x.byName[l]) })
	if !ok {
		return true
	}
	pods, others := 0, 0
	for _, l := range ls {
		pods += len(x.global[l])
	}
	for _, l := range namespaces {
		others += len(x.byName[l])
	}
	return pods < others
}
