package values

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// op is a change of one value.
type op struct {
	op    control.Op
	key   key
	value any
}

// choice is a way to make an edit through values.
type choice struct {
	ops  []op
	site site
}

// maxChoices bounds how many ways are tried to mend one finding.
const maxChoices = 6

// translator turns edits of rendered documents into changes of values.
type translator struct {
	values map[string]any
	base   map[string]*document
	sites  map[string][]site
}

// ways returns the ways to make all edits of a finding, the likeliest first; none if there is no value for one of them.
func (t *translator) ways(id string, edits []control.DocumentEdit) [][]op {
	all := t.combined(id, edits)
	if other := elsewhere(t.base[id], edits); other != nil {
		all = append(all, t.combined(id, other)...)
	}
	return all[:min(len(all), maxChoices)]
}

func (t *translator) combined(id string, edits []control.DocumentEdit) [][]op {
	most := 0
	choices := make([][]choice, len(edits))
	for i := range edits {
		if choices[i] = t.choices(id, &edits[i]); len(choices[i]) == 0 {
			return nil
		}
		most = max(most, len(choices[i]))
	}
	var out [][]op
	for n := range min(most, maxChoices) {
		var ops []op
		for i := range choices {
			ops = append(ops, choices[i][min(n, len(choices[i])-1)].ops...)
		}
		out = append(out, ops)
	}
	return out
}

// choices are the ways to make one edit.
func (t *translator) choices(id string, e *control.DocumentEdit) []choice {
	d := t.base[id]
	if d == nil {
		return nil
	}
	path := parseKey(e.Path)
	var out []choice
	for _, s := range t.sites[id] {
		if ops := t.through(d, &s, path, e); len(ops) > 0 {
			if s.of.needs != nil {
				ops = append([]op{{control.Set, s.of.needs, true}}, ops...)
			}
			out = append(out, choice{ops, s})
		}
	}
	slices.SortStableFunc(out, func(a, b choice) int {
		return cmp.Or(
			len(b.site.path)-len(a.site.path),
			boolInt(a.site.of.needs != nil)-boolInt(b.site.of.needs != nil),
			boolInt(slices.Contains(a.site.of.key, step{"global", -1}))-boolInt(slices.Contains(b.site.of.key, step{"global", -1})),
			boolInt(a.site.of.sort == undeclared)-boolInt(b.site.of.sort == undeclared),
			len(b.site.of.key)-len(a.site.of.key),
			compareKeys(a.site.of.key, b.site.of.key),
		)
	})
	return slices.CompactFunc(out, func(a, b choice) bool { return fmt.Sprint(a.ops) == fmt.Sprint(b.ops) })
}

// through makes an edit through the value that comes out at a site; nil if it does not lead there.
func (t *translator) through(d *document, s *site, path key, e *control.DocumentEdit) []op {
	if !path.begins(s.path) {
		return nil
	}
	rest := path[len(s.path):]
	if s.sort == text {
		if len(rest) > 0 {
			return nil
		}
		return scalarOp(s, e)
	}
	k := s.of.key.with(rest...)
	if !t.sameItems(d, s, rest) {
		return nil
	}
	there, exists := get(t.values, k)
	switch e.Op {
	case control.Append:
		items, isList := there.([]any)
		node, missing := d.root.Find(e.Path)
		rendered := len(missing) == 0 && node.Kind() == tree.Sequence && node.Len() > 0
		if exists && there != nil && !isList || rendered && len(items) == 0 {
			return nil // the list that is rendered comes from somewhere else
		}
		return []op{{control.Append, k, plain(e.Value)}}
	case control.Remove:
		if !exists || len(rest) == 0 {
			return nil
		}
		return []op{{control.Remove, k, nil}}
	default:
		return t.setOps(k, rest, plain(e.Value))
	}
}

func (t *translator) setOps(k, rest key, v any) []op {
	if len(rest) > 0 {
		return []op{{control.Set, k, v}}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	var ops []op
	for _, name := range slices.Sorted(maps.Keys(m)) {
		ops = append(ops, op{control.Set, k.with(step{name, -1}), m[name]})
	}
	return ops
}

// sameItems reports whether lists on the way are as long in the values as they are rendered, so that the places of items are the same.
func (t *translator) sameItems(d *document, s *site, rest key) bool {
	node := d.root
	for _, st := range s.path {
		node = child(node, st)
	}
	k := s.of.key
	for _, st := range rest {
		if st.index >= 0 {
			v, _ := get(t.values, k)
			items, ok := v.([]any)
			if !ok || len(items) != node.Len() {
				return false
			}
		}
		node, k = child(node, st), k.with(st)
	}
	return true
}

func child(n tree.Node, s step) tree.Node {
	if s.index >= 0 {
		return n.At(s.index)
	}
	return n.Get(s.key)
}

// scalarOp sets the value that is rendered as a scalar, or as a part of one.
func scalarOp(s *site, e *control.DocumentEdit) []op {
	switch {
	case e.Op == control.Append:
		return nil
	case e.Op == control.Remove:
		if s.before+s.after != "" {
			return nil
		}
		return []op{{control.Remove, s.of.key, nil}}
	case s.before+s.after == "":
		return []op{{control.Set, s.of.key, plain(e.Value)}}
	}
	wanted, ok := e.Value.(string)
	if !ok {
		return nil
	}
	middle, ok := strings.CutPrefix(wanted, s.before)
	if ok {
		middle, ok = strings.CutSuffix(middle, s.after)
	}
	if !ok || middle == "" {
		return nil
	}
	return []op{{control.Set, s.of.key, middle}}
}

// plain is a value as YAML is read.
func plain(v any) any {
	switch v := v.(type) {
	case []string:
		l := make([]any, len(v))
		for i := range v {
			l[i] = v[i]
		}
		return l
	case []any:
		l := make([]any, len(v))
		for i := range v {
			l[i] = plain(v[i])
		}
		return l
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, x := range v {
			m[k] = plain(x)
		}
		return m
	}
	return v
}

// shared are the fields that a pod sets for all its containers, and a container for itself.
// https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#podsecuritycontext-v1-core
var shared = []string{"runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile", "seLinuxOptions", "appArmorProfile"}

// elsewhere moves edits of a container's security context to the pod's, and those of the pod's to all its containers'; nil if they are about
// something else.
func elsewhere(d *document, edits []control.DocumentEdit) []control.DocumentEdit {
	if d == nil {
		return nil
	}
	var out []control.DocumentEdit
	for i := range edits {
		e := edits[i]
		path := parseKey(e.Path)
		at := slices.Index(path, step{"securityContext", -1})
		if e.Op != control.Set || at < 0 || at+1 >= len(path) || !slices.Contains(shared, path[at+1].key) {
			return nil
		}
		if at >= 2 && path[at-1].index >= 0 {
			e.Path = path[:at-2].with(path[at:]...).String()
			out = append(out, e)
			continue
		}
		pod := d.root
		for _, s := range path[:at] {
			pod = child(pod, s)
		}
		for _, name := range []string{"initContainers", "containers"} {
			for n := range pod.Get(name).Len() {
				e.Path = path[:at].with(step{name, -1}, step{"", n}).with(path[at:]...).String()
				out = append(out, e)
			}
		}
	}
	return out
}
