package values

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// write returns the values file of changes; nil if there are none.
func (h *hardener) write(changes []*change) []byte {
	if len(changes) == 0 {
		return nil
	}
	values, reason := h.applied(changes)
	if reason != "" {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Hardens the chart %s: helm upgrade --install RELEASE CHART --values values-hardened.yaml, behind your own values files.\n",
		printable(strings.TrimSpace(h.result.Name+" "+h.result.Version)))
	b.WriteString("# Each value was proven by rendering the chart with it: what is named above it is gone, and nothing as grave has come.\n")
	told := map[string]bool{}
	b.Write(h.file(values, func(k key) []string { return comments(values.by[k.String()], told) }))
	return b.Bytes()
}

// comments say what a value is for, and what it may break, which is said once.
func comments(changes []*change, before map[string]bool) []string {
	type reason struct{ control, risk string }
	var order []reason
	subjects := map[reason][]string{}
	var all []*Found
	for _, c := range changes {
		if len(c.mends) == 0 {
			all = append(all, &c.found)
		}
		for i := range c.mends {
			all = append(all, &c.mends[i])
		}
	}
	for _, f := range all {
		r := reason{f.Control.ID, cmp.Or(f.Control.Risk, "Nothing is known to break.")}
		subject := f.Ref.String()
		if f.Ref.Container != "" {
			subject += " " + f.Ref.Container
		}
		if subjects[r] == nil {
			order = append(order, r)
		}
		if !slices.Contains(subjects[r], subject) {
			subjects[r] = append(subjects[r], subject)
		}
	}
	slices.SortFunc(order, func(a, b reason) int { return cmp.Or(cmp.Compare(a.control, b.control), cmp.Compare(a.risk, b.risk)) })
	var lines []string
	for _, r := range order {
		all := subjects[r]
		slices.Sort(all)
		const most = 3
		told := strings.Join(all[:min(len(all), most)], ", ")
		if n := len(all) - most; n > 0 {
			told += fmt.Sprintf(" and %d more", n)
		}
		risk := r.risk
		if before[r.control+r.risk] {
			risk = "as above."
		}
		before[r.control+r.risk] = true
		lines = append(lines, printable(fmt.Sprintf("%s (%s): %s", r.control, told, risk)))
	}
	return lines
}

// printable takes away what could end a comment.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}

// file writes changed values, with comments above them if comment is not nil, in the order of the charts' own values files.
func (h *hardener) file(values *changed, comment func(key) []string) []byte {
	top := map[string]any{}
	keys := slices.Clone(values.keys)
	slices.SortFunc(keys, compareKeys)
	for _, k := range keys {
		v, _ := get(values.values, k)
		set(top, k, tree.Clone(v))
	}
	w := &writer{order: newOrder(h.in.Parts), comment: comment}
	w.table(top, nil)
	return w.buf.Bytes()
}

// writer writes values.
type writer struct {
	buf     bytes.Buffer
	order   *order
	comment func(key) []string
}

func (w *writer) table(m map[string]any, k key) {
	indent := strings.Repeat("  ", len(k))
	for _, name := range w.order.sorted(m, k) {
		inner := k.with(step{name, -1})
		if w.comment != nil {
			for _, line := range w.comment(inner) {
				w.buf.WriteString(indent + "# " + line + "\n")
			}
		}
		w.buf.WriteString(indent + scalarText(name) + ":")
		switch v := m[name].(type) {
		case map[string]any:
			if len(v) == 0 {
				w.buf.WriteString(" {}\n")
				continue
			}
			w.buf.WriteByte('\n')
			w.table(v, inner)
		case []any:
			if len(v) == 0 {
				w.buf.WriteString(" []\n")
				continue
			}
			w.buf.WriteByte('\n')
			for line := range strings.Lines(marshal(v)) {
				w.buf.WriteString(indent + "  " + line)
			}
		default:
			w.buf.WriteString(" " + scalarText(v) + "\n")
		}
	}
}

// scalarText writes a scalar in one line.
func scalarText(v any) string {
	text := strings.TrimSuffix(marshal(v), "\n")
	if s, ok := v.(string); ok && strings.ContainsAny(text, "\r\n") {
		return fmt.Sprintf("%q", s)
	}
	return text
}

func marshal(v any) string {
	text, err := yaml.Marshal(v)
	if err != nil {
		return "null\n"
	}
	return string(text)
}

// order knows the order of keys in the values files of a chart and its subcharts.
type order struct {
	prefixes []key
	roots    []tree.Node
}

func newOrder(parts []part) *order {
	o := &order{}
	for i := range parts {
		p := &parts[i]
		for d := range tree.Split(p.ValuesSource) {
			if t, err := tree.NewParser().Parse(p.ValuesSource, d); err == nil {
				o.prefixes, o.roots = append(o.prefixes, keyOf(p.Prefix...)), append(o.roots, t.Root())
			}
		}
	}
	return o
}

// sorted returns the keys of a table: those that values files have in their order, then the others.
func (o *order) sorted(m map[string]any, k key) []string {
	place := map[string]int{}
	for i, root := range o.roots {
		if !k.begins(o.prefixes[i]) {
			continue
		}
		n := root
		for _, s := range k[len(o.prefixes[i]):] {
			n = child(n, s)
		}
		for name := range n.Pairs() {
			if text := name.Text(); place[text] == 0 {
				place[text] = len(place) + 1
			}
		}
	}
	names := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(names, func(a, b string) int {
		x, y := place[a], place[b]
		if x == 0 {
			x = len(place) + 1
		}
		if y == 0 {
			y = len(place) + 1
		}
		return x - y
	})
	return names
}

// suggestion is what could be written into the template for an edit that no value makes.
func suggestion(d *document, edits []control.DocumentEdit) *Suggestion {
	if d == nil || len(edits) == 0 {
		return nil
	}
	e := &edits[0]
	at, missing := d.root.Find(e.Path)
	start, _ := at.Span()
	if k := at.Key(); k.Exists() {
		start, _ = k.Span()
	}
	rendered, _ := d.lines.Position(start)
	s := &Suggestion{Path: e.Path}
	var ok bool
	if s.File, s.Line, _, ok = d.origin(rendered); !ok {
		s.File = d.manifest
	}
	value := e.Value
	switch e.Op {
	case control.Remove:
		return s
	case control.Append:
		value = []any{e.Value}
	case control.Set:
	}
	if s.InPlace = len(missing) == 0; s.InPlace {
		missing = []string{parseKey(e.Path).last()}
	}
	for _, name := range slices.Backward(missing) {
		if strings.HasPrefix(name, "[") {
			return s
		}
		value = map[string]any{name: value}
	}
	s.fields = plain(value)
	s.Text = strings.TrimSuffix(marshal(s.fields), "\n")
	return s
}
