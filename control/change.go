package control

import (
	"fmt"
	"maps"
)

// Label tells the change apart from others of the same control.
func (c *Change) Label() string {
	if c.Name != "" {
		return c.Path + " " + c.Name
	}
	if c.Value == nil {
		return c.Path + " removed"
	}
	return fmt.Sprintf("%s=%v", c.Path, c.Value)
}

// Apply makes the change to a decoded mapping, making the mappings on the way.
func (c *Change) Apply(m map[string]any) {
	keys := Keys(c.Path)
	for _, k := range keys[:len(keys)-1] {
		next, ok := m[k].(map[string]any)
		if !ok {
			if c.Value == nil {
				return
			}
			next = map[string]any{}
			m[k] = next
		}
		m = next
	}
	last := keys[len(keys)-1]
	if c.Value == nil {
		delete(m, last)
		return
	}
	m[last] = clone(c.Value)
}

// clone copies decoded data so that fixtures cannot share it.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := maps.Clone(v)
		for k, x := range m {
			m[k] = clone(x)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, x := range v {
			l[i] = clone(x)
		}
		return l
	default:
		return v
	}
}
