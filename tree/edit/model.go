package edit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/kubeharden/kubeharden/tree"
)

// decode reads a document as a value, for the proof.
func (s *Session) decode(doc []byte) (any, error) {
	t, err := s.parser.Parse(doc, tree.Document{End: len(doc)})
	if err != nil {
		return nil, err
	}
	text, err := t.Root().AppendJSON(nil)
	if err != nil {
		return nil, err
	}
	return fromJSON(text)
}

func fromJSON(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	return v, nil
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// normal is a value as decode gives it.
func normal(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write a value: %w", err)
	}
	return fromJSON(text)
}

// applyTo makes the edit in a value.
func (e *Edit) applyTo(root any) (any, error) {
	value, err := normal(e.Value)
	if err != nil {
		return nil, err
	}
	return e.descend(root, e.Path, value)
}

// descend returns a copy of v with the change made below it.
func (e *Edit) descend(v any, path string, value any) (any, error) {
	if path == "" {
		switch e.Op {
		case Set:
			return value, nil
		case Append:
			list, ok := v.([]any)
			if v != nil && !ok {
				return nil, &Refused{e.Path, "it is no list"}
			}
			if slices.ContainsFunc(list, func(item any) bool { return equal(item, value) }) {
				return v, nil
			}
			return append(slices.Clone(list), value), nil
		case Remove:
		}
		return nil, &Refused{e.Path, "the whole document cannot be removed"}
	}
	key, index, rest := tree.Step(path)
	if index >= 0 {
		return e.descendList(v, index, rest, value)
	}
	m, ok := v.(map[string]any)
	if v != nil && !ok {
		return nil, &Refused{e.Path, "there is a value on the way that is no mapping"}
	}
	old, exists := m[key]
	if e.Op == Remove && (!exists || rest == "") {
		if !exists {
			return v, nil
		}
		out := clone(m)
		delete(out, key)
		return out, nil
	}
	changed, err := e.descend(old, rest, value)
	if err != nil {
		return nil, err
	}
	out := clone(m)
	out[key] = changed
	return out, nil
}

func (e *Edit) descendList(v any, index int, rest string, value any) (any, error) {
	list, ok := v.([]any)
	if !ok || index >= len(list) {
		if e.Op == Remove {
			return v, nil
		}
		return nil, &Refused{e.Path, "the list has no item " + strconv.Itoa(index)}
	}
	if e.Op == Remove && rest == "" {
		return slices.Delete(slices.Clone(list), index, index+1), nil
	}
	changed, err := e.descend(list[index], rest, value)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(list)
	out[index] = changed
	return out, nil
}

func clone(m map[string]any) map[string]any {
	out := make(map[string]any, len(m)+1)
	maps.Copy(out, m)
	return out
}
