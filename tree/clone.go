package tree

import (
	"maps"
	"slices"
)

// Clone copies a decoded value, so that changing the copy does not change the value.
func Clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := maps.Clone(v)
		for k, x := range m {
			m[k] = Clone(x)
		}
		return m
	case []any:
		l := slices.Clone(v)
		for i, x := range l {
			l[i] = Clone(x)
		}
		return l
	}
	return v
}
