package control

import (
	"fmt"

	"github.com/kubeharden/kubeharden/tree"
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
	m[last] = tree.Clone(c.Value)
}
