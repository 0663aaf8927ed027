package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// writer collects the types that are reachable from some kinds. A line of its text is a type: its name, then its fields
// as name:type. Types are one letter for scalars (basic), "[" before the type of a list's items, "{" before that of a map's
// values, and the number of a line for structures. Lines of kinds come first and are marked with "!".
type writer struct {
	roots []string
	types []string
	index map[string]int
}

// special are the types that read themselves.
var special = map[string]string{
	"resource.Quantity": "q", "intstr.IntOrString": "o",
	"v1.Time": "t", "v1.MicroTime": "t", "v1.Duration": "s",
	"v1.FieldsV1": "x", "runtime.RawExtension": "x",
}

func (w *writer) root(gvk schema.GroupVersionKind, t reflect.Type) error {
	code, err := w.code(t)
	if err != nil {
		return err
	}
	w.roots = append(w.roots, fmt.Sprintf("!%s %s %s", gvk.GroupVersion(), gvk.Kind, code))
	return nil
}

func (w *writer) bytes() []byte {
	var b bytes.Buffer
	for _, line := range w.roots {
		b.WriteString(line + "\n")
	}
	for _, line := range w.types {
		b.WriteString(line + "\n")
	}
	return b.Bytes()
}

func (w *writer) code(t reflect.Type) (string, error) {
	if code, ok := special[t.String()]; ok {
		return code, nil
	}
	if t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return "", fmt.Errorf("%s reads itself and is not known here", t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return w.code(t.Elem())
	case reflect.String:
		return "s", nil
	case reflect.Bool:
		return "b", nil
	case reflect.Int32:
		return "i", nil
	case reflect.Int64, reflect.Int:
		return "l", nil
	case reflect.Float64:
		return "f", nil
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "y", nil
		}
		code, err := w.code(t.Elem())
		return "[" + code, err
	case reflect.Map:
		code, err := w.code(t.Elem())
		return "{" + code, err
	case reflect.Struct:
		return w.structure(t)
	default:
		return "", fmt.Errorf("%s cannot be written down", t)
	}
}

func (w *writer) structure(t reflect.Type) (string, error) {
	key := t.PkgPath() + "." + t.Name()
	i, ok := w.index[key]
	if !ok {
		i = len(w.types)
		w.index[key] = i
		w.types = append(w.types, "")
		fields, err := w.fields(t)
		if err != nil {
			return "", err
		}
		w.types[i] = t.Name() + fields
	}
	return fmt.Sprint(i), nil
}

// fields writes the fields of a structure, those of embedded ones as its own.
func (w *writer) fields(t reflect.Type) (string, error) {
	var b strings.Builder
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
			continue
		case f.Anonymous && name == "":
			embedded := f.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			more, err := w.fields(embedded)
			if err != nil {
				return "", err
			}
			b.WriteString(more)
			continue
		case name == "":
			return "", fmt.Errorf("%s.%s has no name in JSON", t, f.Name)
		}
		code, err := w.code(f.Type)
		if err != nil {
			return "", fmt.Errorf("%s.%s: %w", t, f.Name, err)
		}
		b.WriteString(" " + name + ":" + code)
	}
	return b.String(), nil
}
