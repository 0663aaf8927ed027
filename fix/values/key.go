package values

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// step is one key, or with an index that is not negative one item of a list, on the way to a value.
type step struct {
	key   string
	index int
}

// key leads to a value of a chart.
type key []step

func keyOf(names ...string) key {
	k := make(key, len(names))
	for i, name := range names {
		k[i] = step{name, -1}
	}
	return k
}

// parseKey reads a path as package tree writes it.
func parseKey(path string) key {
	var k key
	for path != "" {
		name, index, rest := tree.Step(path)
		if len(rest) >= len(path) {
			break
		}
		k = append(k, step{name, index})
		path = rest
	}
	return k
}

func (k key) String() string {
	var b []byte
	for _, s := range k {
		if s.index >= 0 {
			b = append(b, '[')
			b = strconv.AppendInt(b, int64(s.index), 10)
			b = append(b, ']')
			continue
		}
		b = tree.AppendKey(b, s.key)
	}
	return string(b)
}

// with is k with more steps behind it, in memory of its own.
func (k key) with(more ...step) key { return slices.Concat(k, key(more)) }

// last is the last key, of a list's item that of the list.
func (k key) last() string {
	for _, s := range slices.Backward(k) {
		if s.index < 0 {
			return s.key
		}
	}
	return ""
}

// upToList is k up to the first list on the way: values files replace lists as a whole.
func (k key) upToList() key {
	if i := slices.IndexFunc(k, func(s step) bool { return s.index >= 0 }); i >= 0 {
		return k[:i]
	}
	return k
}

// begins reports whether k starts with other.
func (k key) begins(other key) bool {
	return len(k) >= len(other) && slices.Equal(k[:len(other)], other)
}

func compareKeys(a, b key) int {
	return slices.CompareFunc(a, b, func(x, y step) int { return cmp.Or(strings.Compare(x.key, y.key), x.index-y.index) })
}

// get returns the value at k; ok is false if there is none.
func get(root any, k key) (v any, ok bool) {
	v = root
	for _, s := range k {
		switch at := v.(type) {
		case map[string]any:
			if v, ok = at[s.key]; !ok || s.index >= 0 {
				return nil, false
			}
		case []any:
			if s.index < 0 || s.index >= len(at) {
				return nil, false
			}
			v = at[s.index]
		default:
			return nil, false
		}
	}
	return v, true
}

// set gives k a value, and makes the tables on the way. It changes root, except that items of lists have to be there; false if they are not,
// or if something else is in the way.
func set(root map[string]any, k key, v any) bool {
	var at any = root
	for i, s := range k {
		end := i == len(k)-1
		switch here := at.(type) {
		case map[string]any:
			switch {
			case s.index >= 0:
				return false
			case end:
				here[s.key] = v
				return true
			case here[s.key] == nil:
				if k[i+1].index >= 0 {
					return false
				}
				here[s.key] = map[string]any{}
			}
			at = here[s.key]
		case []any:
			switch {
			case s.index < 0 || s.index >= len(here):
				return false
			case end:
				here[s.index] = v
				return true
			case here[s.index] == nil:
				here[s.index] = map[string]any{}
			}
			at = here[s.index]
		default:
			return false
		}
	}
	return false
}

// overlay is values to be laid over those of a chart. Lists are whole, as those of a values file.
type overlay struct {
	base map[string]any // the chart's
	top  map[string]any
}

func newOverlay(base map[string]any) *overlay { return &overlay{base: base, top: map[string]any{}} }

// set gives a key a value; false if nothing of the kind can be there.
func (o *overlay) set(k key, v any) bool {
	if list := k.upToList(); len(list) < len(k) {
		if _, ok := get(o.top, list); !ok {
			whole, ok := get(o.base, list)
			if !ok || !set(o.top, list, tree.Clone(whole)) {
				return false
			}
		}
	}
	return set(o.top, k, v)
}
