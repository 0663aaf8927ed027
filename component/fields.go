package component

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// field is a value of a configuration document, kept when its tree is gone.
type field struct {
	kind   tree.Kind
	scalar tree.ScalarType
	text   string
	keys   []string // of a mapping, in order; the last of two equal keys counts
	items  []*field // the values of keys, or the items of a list
	source Source
	place  Place
}

// maxFields bounds what is kept of one document.
const maxFields = 200_000

// copier copies trees into fields.
type copier struct {
	left int
	base Place
	from Source
	// inner are the lines of the text that the tree is of; nil if it is that of a file.
	inner *tree.TextLines
	// wants says which paths to keep, nil for all: secrets are left out.
	wants func(path string) bool
}

// copyFields keeps a document. at is the place of its root; paths of values are appended to at.Path, or to at.Inner if the document is the
// text of a value, which has the lines of inner; nil if it is none.
func copyFields(root tree.Node, at Place, from Source, inner *tree.TextLines, wants func(path string) bool) *field {
	c := copier{left: maxFields, base: at, from: from, inner: inner, wants: wants}
	return c.copy(root, "")
}

// place is where a node stands that path leads to.
func (c *copier) place(n tree.Node, path string) Place {
	p := c.base
	p.Start, p.End = n.Span()
	if c.inner == nil {
		p.Path = joinPath(c.base.Path, path)
		return p
	}
	p.Inner = path
	start, known := c.inner.Offset(p.Start)
	end, whole := c.inner.Offset(p.End)
	if p.Start, p.End = start, end; !known || !whole {
		p.Start, p.End = 0, 0
	}
	return p
}

func (c *copier) copy(n tree.Node, path string) *field {
	c.left--
	f := &field{kind: n.Kind(), scalar: n.Type(), source: c.from, place: c.place(n, path)}
	switch n.Kind() {
	case tree.Scalar:
		f.text = object.Keep(n)
	case tree.Mapping:
		for key, value := range n.Pairs() {
			name := key.Text()
			next := string(tree.AppendKey([]byte(path), name))
			if c.left <= 0 || key.Overridden() || c.wants != nil && !c.wants(next) {
				continue
			}
			f.keys = append(f.keys, strings.Clone(name))
			f.items = append(f.items, c.copy(value, next))
		}
	case tree.Sequence:
		for i, value := range n.Items() {
			if c.left <= 0 {
				break
			}
			f.items = append(f.items, c.copy(value, path+"["+strconv.Itoa(i)+"]"))
		}
	case tree.Missing:
	}
	return f
}

func joinPath(base, path string) string {
	switch {
	case base == "":
		return path
	case path == "" || path[0] == '[':
		return base + path
	default:
		return base + "." + path
	}
}

// get returns the value of a key, nil if there is none. No key is there twice.
func (f *field) get(key string) *field {
	if f == nil || f.kind != tree.Mapping {
		return nil
	}
	if i := slices.Index(f.keys, key); i >= 0 {
		return f.items[i]
	}
	return nil
}

// null reports whether a value is missing or null, which is the same to the decoder.
func (f *field) null() bool {
	return f == nil || f.kind == tree.Missing || f.kind == tree.Scalar && f.scalar == tree.Null
}

func (f *field) str() string {
	if f == nil || f.kind != tree.Scalar || f.scalar == tree.Null {
		return ""
	}
	return f.text
}

// set puts a value in the place of the one of a key.
func (f *field) set(key string, value *field) {
	if i := slices.Index(f.keys, key); i >= 0 {
		f.items[i] = value
		return
	}
	f.keys = append(f.keys, key)
	f.items = append(f.items, value)
}

// merge returns base with a JSON merge patch (RFC 7396) laid over it, as the kubelet merges its drop-ins: mappings are merged, null takes
// away (it stays as a null, which is nothing), everything else replaces. Neither argument is changed.
func merge(base, patch *field) *field {
	if patch == nil || patch.kind != tree.Mapping {
		return patch
	}
	out := *patch
	out.keys, out.items = nil, nil
	if base != nil && base.kind == tree.Mapping {
		out.keys = append(out.keys, base.keys...)
		out.items = append(out.items, base.items...)
	}
	at := make(map[string]int, len(out.keys))
	for i, k := range out.keys {
		at[k] = i
	}
	for i, k := range patch.keys {
		j, there := at[k]
		switch value := patch.items[i]; {
		case !there && value.null():
		case !there:
			at[k] = len(out.keys)
			out.keys = append(out.keys, k)
			out.items = append(out.items, merge(nil, value))
		default:
			out.items[j] = merge(out.items[j], value)
		}
	}
	return &out
}

// value returns what a field says: a scalar's text, the items of a list, or the pairs of a mapping as key=value.
func (f *field) value(kind string) Value {
	v := Value{Set: true, Known: true, Source: f.source, Place: f.place, Type: kind}
	switch f.kind {
	case tree.Sequence:
		v.Items = []string{}
		for _, item := range f.items {
			v.Items = append(v.Items, item.text)
		}
		v.Text = strings.Join(v.Items, ",")
	case tree.Mapping:
		v.Items = []string{}
		for i, k := range f.keys {
			v.Items = append(v.Items, k+"="+f.items[i].text)
		}
		v.Text = strings.Join(v.Items, ",")
	case tree.Scalar, tree.Missing:
		v.Text = f.text
		if f.scalar == tree.Bool {
			v.Text = boolText(f.text)
		}
	}
	return v
}

// isTrue reports whether a value is there and a YAML true.
func (f *field) isTrue() bool { return f != nil && boolText(f.text) == "true" }

// isFalse reports whether a value is there and a YAML false.
func (f *field) isFalse() bool { return f != nil && boolText(f.text) == "false" }

// boolText writes a YAML boolean (yes, on, TRUE …) as JSON does.
func boolText(s string) string {
	switch strings.ToLower(s) {
	case "y", "yes", "true", "on":
		return "true"
	case "n", "no", "false", "off":
		return "false"
	default:
		return s
	}
}

// path follows a dotted path with items, registerWithTaints[0].key; nil if it leads nowhere. Keys with dots in them cannot be asked for.
func (f *field) path(path string) *field {
	if path == "" {
		return nil
	}
	for part := range strings.SplitSeq(path, ".") {
		key, index, isItem := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		f = f.get(key)
		if !isItem {
			continue
		}
		n, err := strconv.Atoi(index)
		if err != nil || f == nil || f.kind != tree.Sequence || n < 0 || n >= len(f.items) {
			return nil
		}
		f = f.items[n]
	}
	return f
}
