package values

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/secretscan"
	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/source/render"
	"github.com/kubeharden/kubeharden/tree"
)

// maxProofs bounds how often a chart is rendered to prove changes.
const maxProofs = 80

// trial is the chart with some changes.
type trial struct {
	manifests []render.Manifest
	found     []Found
	// failed says what is wrong with it; "" if nothing is.
	failed string
	gone   map[string]bool
	// failures counts all failures by subject, also those that others imply.
	failures map[string]int
}

func (t *trial) has(f *Found) bool {
	if t.gone == nil {
		t.gone = map[string]bool{}
		for i := range t.found {
			t.gone[identity(&t.found[i])] = true
		}
	}
	return t.gone[identity(f)]
}

// add returns what of more can be added to the changes that are accepted: the chart has to render, and nothing new may be found.
func (h *hardener) add(ctx context.Context, accepted, more []*change) ([]*change, error) {
	if len(more) == 0 {
		return accepted, nil
	}
	var fitting []*change
	state := h.untouched()
	for _, c := range accepted {
		state.add(c)
	}
	for _, c := range more {
		reason := state.add(c)
		if reason == "" {
			fitting = append(fitting, c)
			continue
		}
		h.giveUp(c, reason)
	}
	return h.halve(ctx, accepted, fitting)
}

func (h *hardener) halve(ctx context.Context, accepted, more []*change) ([]*change, error) {
	if len(more) == 0 {
		return accepted, nil
	}
	both := slices.Concat(accepted, more)
	if h.proofs >= maxProofs {
		for _, c := range more {
			h.giveUp(c, "there are too many to find out which of them breaks the chart")
		}
		return accepted, nil
	}
	t, err := h.try(ctx, both)
	if err != nil {
		return nil, err
	}
	if t.failed == "" {
		return both, nil
	}
	if len(more) == 1 {
		h.giveUp(more[0], t.failed)
		return accepted, nil
	}
	// Changes of the same values stay together.
	if accepted, err = h.halve(ctx, accepted, more[:len(more)/2]); err != nil {
		return nil, err
	}
	return h.halve(ctx, accepted, more[len(more)/2:])
}

// try renders and judges the chart with the changes.
func (h *hardener) try(ctx context.Context, changes []*change) (*trial, error) {
	h.proofs++
	values, reason := h.applied(changes)
	if reason != "" {
		return &trial{failed: reason}, nil
	}
	opts := h.opts.Helm
	opts.Overlay = h.file(values, nil)
	manifests, err := helm.Render(ctx, h.chart, opts)
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return &trial{failed: "the chart does not render with it: " + err.Error()}, nil
	}
	if reason := h.lost(manifests); reason != "" {
		return &trial{failed: reason}, nil
	}
	all, err := h.opts.Judge(ctx, manifests, true)
	if err != nil {
		return nil, err
	}
	t := &trial{manifests: manifests, failures: failures(all)}
	if t.found, err = h.opts.Judge(ctx, manifests, false); err != nil {
		return nil, err
	}
	if f := h.novel(all, t, changes); f != nil {
		t.failed = fmt.Sprintf("it brings %s in %s", f.Control.ID, f.Ref.String())
	}
	return t, nil
}

// lost says what is not rendered any more, or cannot be read: nothing is found in it, and that mends nothing.
func (h *hardener) lost(manifests []render.Manifest) string {
	docs, unreadable := documents(manifests, unchanged)
	if unreadable > h.unreadable {
		return "what the chart renders with it cannot be read"
	}
	now := byID(docs)
	for _, was := range h.docs {
		d := now[was.id]
		if d == nil {
			return was.String() + " is not rendered with it"
		}
		if doubled(d) > doubled(was) {
			return "a key is rendered twice with it in " + was.String()
		}
		there := containers(d)
		for _, name := range slices.Sorted(maps.Keys(containers(was))) {
			if !there[name] {
				return "container " + name + " of " + was.String() + " is not rendered with it"
			}
		}
	}
	return ""
}

// doubled counts the keys that are there more than once.
func doubled(d *document) int {
	n := 0
	for range d.root.Tree().Duplicates() {
		n++
	}
	return n
}

// containers are the names of all containers of a document.
func containers(d *document) map[string]bool {
	names := map[string]bool{}
	walk(d.root, 0, func(n tree.Node) {
		for _, list := range []string{"containers", "initContainers"} {
			for _, item := range n.Get(list).Items() {
				names[nameOf(item)] = true
			}
		}
	})
	return names
}

// subject tells what a finding is about. Its path may change with what is around it.
func subject(f *Found) string {
	return strings.Join([]string{f.Control.ID, f.Manifest, f.Ref.Kind, f.Ref.Namespace, f.Ref.Name, f.Ref.Container}, "\x00")
}

func failures(all []Found) map[string]int {
	counts := map[string]int{}
	for i := range all {
		if all[i].Status == control.Fail {
			counts[subject(&all[i])]++
		}
	}
	return counts
}

// novel returns a failure that the chart as it is does not have, nil if there is none. What says less than what is mended in the same object
// is none: a pod that leaves the host's network can have a user namespace, and only then is asked for one.
func (h *hardener) novel(all []Found, t *trial, changes []*change) *Found {
	mended := map[string]control.Severity{}
	for _, c := range changes {
		if c.found.Control == nil {
			continue
		}
		if name := objectOf(&c.found); !t.has(&c.found) {
			mended[name] = max(mended[name], c.found.Severity)
		}
	}
	counts := t.failures
	for i := range all {
		f := &all[i]
		if f.Status == control.Fail && counts[subject(f)] > h.known[subject(f)] && f.Severity >= mended[objectOf(f)] {
			return f
		}
	}
	return nil
}

func objectOf(f *Found) string {
	return strings.Join([]string{f.Manifest, f.Ref.Kind, f.Ref.Namespace, f.Ref.Name}, "\x00")
}

// changed is values that are not those of the chart any more.
type changed struct {
	base, values map[string]any
	keys         []key
	// by says which changes are behind a key, given what they set.
	by    map[string][]*change
	given map[string]any
	// secrets remembers which of the chart's values hold what looks like a secret.
	secrets map[string]bool
}

func (h *hardener) untouched() *changed {
	values, _ := tree.Clone(h.in.Values).(map[string]any)
	return &changed{base: h.in.Values, values: values, by: map[string][]*change{}, given: map[string]any{}, secrets: h.secrets}
}

// applied makes the changes, or says why they do not go together.
func (h *hardener) applied(changes []*change) (*changed, string) {
	out := h.untouched()
	for _, c := range changes {
		if reason := out.add(c); reason != "" {
			return nil, reason
		}
	}
	return out, ""
}

// add makes a change, or says why it does not go together with the others. Nothing of it is made then.
func (out *changed) add(c *change) string {
	for _, o := range c.ops() {
		name := o.key.String()
		if v, ok := out.given[name]; ok && (o.op != control.Set || !reflect.DeepEqual(v, o.value)) {
			return "another finding needs another value of " + name
		}
		if reason := out.fits(&o); reason != "" {
			return reason
		}
	}
	for _, o := range c.ops() {
		if o.op == control.Set {
			out.given[o.key.String()] = o.value
		}
		out.apply(&o)
		k := o.key.upToList()
		if out.by[k.String()] == nil {
			out.keys = append(out.keys, k)
		}
		if !slices.Contains(out.by[k.String()], c) {
			out.by[k.String()] = append(out.by[k.String()], c)
		}
	}
	return ""
}

// fits says why an op cannot be made.
func (out *changed) fits(o *op) string {
	var at any = out.values
	for i, s := range o.key {
		switch here := at.(type) {
		case map[string]any:
			if s.index >= 0 {
				return o.key[:i].String() + " is no list"
			}
			at = here[s.key]
		case []any:
			if s.index < 0 || s.index >= len(here) {
				return o.key[:i].String() + " has no such item"
			}
			at = here[s.index]
		case nil:
			if s.index >= 0 {
				return o.key[:i].String() + " has no such item"
			}
			at = nil
		default:
			return o.key[:i].String() + " is a single value"
		}
	}
	if _, isList := at.([]any); o.op == control.Append && at != nil && !isList {
		return o.key.String() + " is no list"
	}
	k := o.key.upToList()
	if out.secret(k) {
		return k.String() + " holds what looks like a secret, which the values file would repeat"
	}
	return ""
}

// secret reports whether a value of the chart holds what looks like a secret. What controls put into it is none.
func (out *changed) secret(k key) bool {
	name := k.String()
	is, known := out.secrets[name]
	if !known {
		v, _ := get(out.base, k)
		is = holdsSecret(k.last(), v, 0)
		out.secrets[name] = is
	}
	return is
}

// apply makes an op that fits.
func (out *changed) apply(o *op) {
	parent, last := o.key[:len(o.key)-1], o.key[len(o.key)-1]
	switch {
	case o.op == control.Append:
		old, _ := get(out.values, o.key)
		items, _ := old.([]any)
		if !slices.ContainsFunc(items, func(v any) bool { return reflect.DeepEqual(v, o.value) }) {
			set(out.values, o.key, append(slices.Clip(items), tree.Clone(o.value)))
		}
	case o.op == control.Remove && last.index >= 0:
		// Others may have gone before it: it is found by what it is.
		was, _ := get(out.base, o.key)
		now, _ := get(out.values, parent)
		items, _ := now.([]any)
		if i := slices.IndexFunc(items, func(v any) bool { return reflect.DeepEqual(v, was) }); i >= 0 {
			set(out.values, parent, slices.Delete(slices.Clone(items), i, i+1))
		}
	case o.op == control.Remove:
		set(out.values, o.key, nil)
	default:
		set(out.values, o.key, tree.Clone(o.value))
	}
}

func holdsSecret(name string, v any, depth int) bool {
	if depth > maxDepth {
		return true
	}
	switch v := v.(type) {
	case string:
		_, ok := secretscan.Named(name, v)
		return ok
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return holdsSecret(name, item, depth+1) })
	case map[string]any:
		if named, ok := v["name"].(string); ok { // an environment variable
			if value, ok := v["value"].(string); ok && value != "" && (holdsSecret(named, value, depth+1) || sensitive(named)) {
				return true
			}
		}
		for inner, x := range v {
			if s, ok := x.(string); ok && s != "" && sensitive(inner) || holdsSecret(inner, x, depth+1) {
				return true
			}
		}
	}
	return false
}

// sensitive reports whether a name is one of secrets. It is stricter than the search for secrets, as nobody misses what is not written.
func sensitive(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"password", "passwd", "token", "apikey", "api_key", "privatekey", "credential"}, func(s string) bool { return strings.Contains(name, s) })
}
