package tree

import "maps"

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
		l := make([]any, len(v)) // also of a list that is nil: it is empty, and not null
		for i, x := range v {
			l[i] = Clone(x)
		}
		return l
	}
	return v
}
