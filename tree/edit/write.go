package edit

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// writer writes values as the document around them is written.
type writer struct {
	s    *splicer
	keys []string
}

func (s *splicer) writer(e *Edit) *writer { return &writer{s, e.Keys} }

func isScalar(v any) bool {
	switch v.(type) {
	case []any, []string, map[string]any:
		return false
	}
	return true
}

// scalar writes a value that is no collection.
func (w *writer) scalar(v any) string {
	switch v := v.(type) {
	case string:
		if w.s.json {
			return quoted(v)
		}
		return w.text(v)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case nil:
		return "null"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "null" // the proof finds it
	}
	return string(text)
}

// text writes a string, plain if it reads as itself.
func (w *writer) text(v string) string {
	if isPlain(v) {
		return v
	}
	return quoted(v)
}

// isPlain reports whether a text without quotes is read as itself, in a block and in brackets.
func isPlain(v string) bool {
	if v == "" || strings.TrimSpace(v) != v || strings.ContainsAny(v, "\n\r\t\"'#{}[],&*!|>%`\\") || strings.HasPrefix(v, "@") || strings.Contains(v, ": ") || strings.HasSuffix(v, ":") ||
		v == "-" || strings.HasPrefix(v, "- ") || strings.HasPrefix(v, "?") || strings.HasPrefix(v, ":") || strings.HasPrefix(v, "=") || strings.HasPrefix(v, "---") || v == "..." || v == "<<" {
		return false
	}
	for i := range len(v) {
		if v[i] < ' ' || v[i] > '~' {
			return false
		}
	}
	src := []byte("k: " + v + "\n")
	t, err := tree.NewParser().Parse(src, tree.Document{End: len(src)})
	if err != nil {
		return false
	}
	n := t.Root().Get("k")
	return n.Type() == tree.String && n.Text() == v
}

// quoted is a text in double quotes, which YAML and JSON read alike.
func quoted(v string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return strconv.Quote(v)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// like writes a text in the quotes that another one had.
func (w *writer) like(v string, style tree.Style) string {
	switch style {
	case tree.SingleQuoted:
		if !strings.ContainsAny(v, "\n\r") {
			return "'" + strings.ReplaceAll(v, "'", "''") + "'"
		}
	case tree.DoubleQuoted:
		return quoted(v)
	case tree.Plain, tree.Literal, tree.Folded, tree.Block, tree.Flow:
	}
	return w.text(v)
}

// item writes a text that comes into a list in the quotes that the items there have; "" if it is no text, or they have none.
func (w *writer) item(v any, list tree.Node) string {
	text, ok := v.(string)
	if !ok || w.s.json {
		return ""
	}
	var style tree.Style
	for i, item := range list.Items() {
		if item.Kind() != tree.Scalar || i > 0 && item.Style() != style {
			return ""
		}
		style = item.Style()
	}
	if style != tree.SingleQuoted && style != tree.DoubleQuoted {
		return ""
	}
	return w.like(text, style)
}

// key writes a key.
func (w *writer) key(k string) string {
	if w.s.json {
		return quoted(k)
	}
	return w.text(k)
}

// flow writes a value in one line.
func (w *writer) flow(v any) string {
	switch v := v.(type) {
	case []string:
		return w.flow(anys(v))
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = w.flow(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range w.order(v) {
			parts = append(parts, w.key(k)+": "+w.flow(v[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return w.scalar(v)
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}

// order is the order in which the keys of a mapping are written: that of the edit, then name first, then sorted.
func (w *writer) order(m map[string]any) []string {
	keys := slices.Sorted(maps.Keys(m))
	rank := func(k string) int {
		if i := slices.Index(w.keys, k); i >= 0 {
			return i
		}
		if k == "name" {
			return len(w.keys)
		}
		return len(w.keys) + 1
	}
	slices.SortStableFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
	return keys
}

// entry writes a key and its value; the first line is not indented.
func (w *writer) entry(key string, v any, indent int) string {
	return w.key(key) + ":" + w.behindKey(v, indent)
}

// behindKey writes a value behind the colon of its key, which stands in the given column.
func (w *writer) behindKey(v any, indent int) string {
	if list, ok := v.([]string); ok {
		v = anys(list)
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			return " {}"
		}
		deeper := indent + w.s.step()
		return w.s.newline + strings.Repeat(" ", deeper) + w.block(v, deeper)
	case []any:
		if len(v) == 0 || w.s.prefersFlow() && !slices.ContainsFunc(v, func(item any) bool { return !isScalar(item) }) {
			return " " + w.flow(v)
		}
		deeper := indent + w.s.listStep()
		var b strings.Builder
		for _, item := range v {
			b.WriteString(w.s.newline + strings.Repeat(" ", deeper) + "- " + w.block(item, deeper+2))
		}
		return b.String()
	}
	return " " + w.scalar(v)
}

// block writes a value in lines, all but the first indented.
func (w *writer) block(v any, indent int) string {
	m, ok := v.(map[string]any)
	if !ok || len(m) == 0 {
		return w.flow(v)
	}
	var lines []string
	for _, k := range w.order(m) {
		lines = append(lines, w.entry(k, m[k], indent))
	}
	return strings.Join(lines, w.s.newline+strings.Repeat(" ", indent))
}
