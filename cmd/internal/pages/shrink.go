package main

import (
	"context"
	"maps"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/fixture"
	"github.com/kubeharden/kubeharden/node"
)

// shrunk takes away from the facts of a node what an example does not need: all that is not needed for its verdict. Other documents are small, and
// stay as they are.
func shrunk(ctx context.Context, c *control.Control, doc fixture.Map, want control.Status) error {
	if doc["kind"] != node.Kind {
		return nil
	}
	spec, ok := doc["spec"].(fixture.Map)
	if !ok {
		return nil
	}
	s := shrinking{ctx: ctx, control: c, doc: doc, want: want}
	s.mapping(spec, 2)
	if meta, ok := doc["metadata"].(fixture.Map); ok {
		s.mapping(meta, 1)
		if meta["name"] == nil {
			meta["name"] = "node-a" // no judgement needs it, and every reader does
		}
	}
	return s.err
}

type shrinking struct {
	ctx     context.Context
	control *control.Control
	doc     fixture.Map
	want    control.Status
	err     error
}

// holds reports whether the verdict is still the same.
func (s *shrinking) holds() bool {
	if s.err != nil {
		return false
	}
	v, err := verdict(s.ctx, s.control, s.doc)
	s.err = err
	return err == nil && v == s.want
}

// mapping tries to do without each member, and then without parts of those that are left.
func (s *shrinking) mapping(m fixture.Map, depth int) {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		value := m[key]
		if delete(m, key); s.holds() {
			continue
		}
		m[key] = value
		switch value := value.(type) {
		case fixture.Map:
			if depth > 1 {
				s.mapping(value, depth-1)
			}
		case []any:
			for i := range slices.Backward(value) {
				m[key] = slices.Delete(slices.Clone(value), i, i+1)
				if s.holds() {
					value, _ = m[key].([]any)
				} else {
					m[key] = value
				}
			}
		}
	}
}
