package values

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/source/render"
	"github.com/kubeharden/kubeharden/tree"
)

// maxProbes bounds how often a chart is rendered to find out where its values come out.
const maxProbes = 40

// site is a place in a rendered document that a value comes out at.
type site struct {
	path key
	// sort is text for a scalar, table for a mapping that gets what is put into the value, list for a list that does.
	sort sort
	// before and after are what stands around the value in the scalar.
	before, after string
	of            *candidate
}

// prober renders a chart with marks in its values.
type prober struct {
	chart  string
	opts   helm.Options
	parts  []part
	values map[string]any
	all    []*candidate
	docs   []*document // as they are without marks
	// numbers are the candidates by the number that is put in their place.
	numbers map[string]*candidate
	sites   map[string][]site // by document
	noted   map[string]bool   // the sites, so that none is there twice
	renders int
}

// probe finds out where the values come out.
func (p *prober) probe(ctx context.Context, baseText string) error {
	p.sites, p.numbers = map[string][]site{}, map[string]*candidate{}
	p.noted = map[string]bool{}
	there := map[string]bool{}
	for _, run := range digits.FindAllString(baseText, -1) {
		there[run] = true
	}
	for _, c := range p.all {
		if mark := strconv.Itoa(c.numberMark()); c.sort == number && !there[mark] {
			p.numbers[mark] = c
		}
	}
	for _, sorts := range [][]sort{{table, null}, {text, number, yes}, {undeclared}, {list}, {no}} {
		if err := p.group(ctx, p.unseen(sorts...)); err != nil {
			return err
		}
	}
	// What was not seen may have been hidden by another value: once more, without what was seen, and in parts.
	var left []*candidate
	for _, c := range p.unseen(text, number, yes, table, null, undeclared) {
		if hardened(c.key) {
			left = append(left, c)
		}
	}
	if err := p.group(ctx, left); err != nil {
		return err
	}
	for _, c := range p.all {
		if c.sort == table && !c.seen && !c.bad {
			c.needs = p.switchOf(c.key)
		}
	}
	return p.group(ctx, slices.DeleteFunc(p.unseen(table), func(c *candidate) bool { return c.needs == nil }))
}

// switchOf is the switch that is off in a table, or around one that is about hardening; nil if there is none.
func (p *prober) switchOf(k key) key {
	for n := len(k); n > 0; n-- {
		for _, name := range []string{"enabled", "create"} {
			inner := k[:n].with(step{name, -1})
			if v, _ := get(p.values, inner); v == false {
				return inner
			}
		}
		if !hardened(k[n-1 : n]) {
			break
		}
	}
	return nil
}

func (p *prober) unseen(sorts ...sort) []*candidate {
	var out []*candidate
	for _, c := range p.all {
		if !c.seen && !c.bad && slices.Contains(sorts, c.sort) {
			out = append(out, c)
		}
	}
	return out
}

// group renders with marks in all of the candidates at once. Where the chart fails those that are to blame go to the end, else they are halved.
func (p *prober) group(ctx context.Context, all []*candidate) error {
	queue := [][]*candidate{all}
	// One failing group must not use up what the others need.
	most := min(maxProbes, p.renders+maxProbes/4)
	for len(queue) > 0 {
		batch := queue[0]
		queue = queue[1:]
		if len(batch) == 0 {
			continue
		}
		if p.renders >= most {
			return nil
		}
		err := p.once(ctx, batch)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return err
		case len(batch) == 1:
			batch[0].bad = true
		default:
			blamed, rest := p.blame(batch, err)
			if len(blamed) == 0 || len(rest) == 0 {
				blamed, rest = batch[:len(batch)/2], batch[len(batch)/2:]
			}
			queue = append([][]*candidate{rest}, append(queue, blamed)...)
		}
	}
	return nil
}

var named = regexp.MustCompile(`\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)`)

// blame splits a batch into those that an error speaks of, or the line that it arose in, and the others.
func (p *prober) blame(batch []*candidate, err error) (blamed, rest []*candidate) {
	message := err.Error()
	if e, ok := errors.AsType[*helm.Error](err); ok {
		if e.Err != nil {
			message += e.Err.Error()
		}
		message += "\n" + p.line(e.File, e.Line)
	}
	spoken := map[string]bool{}
	for _, m := range marks.FindAllStringSubmatch(message, -1) {
		spoken[m[1]] = true
	}
	var paths []key
	for _, m := range named.FindAllStringSubmatch(message, -1) {
		paths = append(paths, parseKey(m[1][1:]))
	}
	for _, c := range batch {
		is := spoken[c.textMark()[3:8]] || c.sort == number && strings.Contains(message, strconv.Itoa(c.numberMark()))
		for _, k := range paths {
			is = is || len(c.key) >= len(k) && slices.Equal(c.key[len(c.key)-len(k):], k)
		}
		if is {
			blamed = append(blamed, c)
		} else {
			rest = append(rest, c)
		}
	}
	return blamed, rest
}

// line is a line of a template.
func (p *prober) line(file string, line int) string {
	for i := range p.parts {
		for _, t := range p.parts[i].Templates {
			if t.Path == file && line > 0 {
				return string(tree.NewLines(t.Source).Line(line))
			}
		}
	}
	return ""
}

// once renders with marks in these candidates and notes where they came out.
func (p *prober) once(ctx context.Context, batch []*candidate) error {
	o := newOverlay(p.values)
	in := map[int]*candidate{}
	// Tables first: what is below them is put into them.
	ordered := slices.Clone(batch)
	slices.SortStableFunc(ordered, func(a, b *candidate) int {
		return cmp.Or(len(a.key)-len(b.key), boolInt(b.sort == table)-boolInt(a.sort == table))
	})
	for _, c := range ordered {
		v := c.marked()
		if c.sort == table {
			// Only what is added: the rest is there already, or has marks of its own.
			m := v.(map[string]any)
			v = m[c.keyMark()]
			if o.set(c.key.with(step{c.keyMark(), -1}), v) {
				in[c.id] = c
			}
		} else if o.set(c.key, v) {
			in[c.id] = c
		}
		if c.needs != nil {
			o.set(c.needs, true)
		}
	}
	manifests, err := p.render(ctx, o.top)
	if err != nil {
		return err
	}
	restore := func(s string) string { return restored(s, in) }
	docs, unreadable := documents(manifests, restore)
	if unreadable > 0 && len(batch) > 1 && len(docs) < len(p.docs) {
		return errHidden
	}
	pairs := paired(docs, p.docs)
	for _, d := range docs {
		p.look(d, pairs[d], in, restore)
	}
	return nil
}

var errHidden = errors.New("what was rendered cannot be read")

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *prober) render(ctx context.Context, over map[string]any) ([]render.Manifest, error) {
	p.renders++
	text, err := yaml.Marshal(over)
	if err != nil {
		return nil, err
	}
	opts := p.opts
	opts.Overlay, opts.SkipSchema = text, true
	return helm.Render(ctx, p.chart, opts)
}

// restored puts back what marks took the place of.
func restored(s string, in map[int]*candidate) string {
	return marks.ReplaceAllStringFunc(s, func(mark string) string {
		id, _ := strconv.Atoi(mark[3:8])
		if c := in[id]; c != nil {
			if original, ok := c.original.(string); ok {
				return original
			}
		}
		return mark
	})
}

// look finds the marks in a document, which is another one without them; nil if it is not there then.
func (p *prober) look(d, base *document, in map[int]*candidate, restore func(string) string) {
	note := func(at tree.Node, s site) {
		s.of.seen = true
		if base == nil {
			return
		}
		path, ok := aligned(d.root, base.root, parseKey(d.root.Path(at)), restore)
		if !ok {
			return
		}
		s.path = path
		if s.sort == text {
			s.fit(base.root, path)
		}
		name := fmt.Sprintf("%s\x00%d\x00%d\x00%s", base.id, s.of.id, s.sort, path)
		if p.noted[name] {
			return
		}
		p.noted[name] = true
		p.sites[base.id] = append(p.sites[base.id], s)
	}
	walk(d.root, 0, func(n tree.Node) {
		switch n.Kind() {
		case tree.Mapping:
			for k := range n.Pairs() {
				if c := of(k.Text(), in); c != nil && k.Text() == c.keyMark() && c.sort != list {
					note(n, site{sort: table, of: c})
				}
			}
		case tree.Sequence:
			for _, item := range n.Items() {
				if c := p.item(item, in); c != nil && c.sort == list {
					note(n, site{sort: list, of: c})
				}
			}
		case tree.Scalar:
			p.scalar(n, in, note)
		default:
		}
	})
}

// fit corrects what stands around the value by the scalar that is rendered without marks: an empty value beside it may have a default.
func (s *site) fit(root tree.Node, path key) {
	for _, st := range path {
		root = child(root, st)
	}
	original, ok := s.of.original.(string)
	whole := root.Text()
	if !ok || original == "" || whole == s.before+original+s.after || root.Kind() != tree.Scalar {
		return
	}
	if after, ok := strings.CutPrefix(whole, s.before+original); ok {
		s.after = after
	} else if before, ok := strings.CutSuffix(whole, original+s.after); ok {
		s.before = before
	}
}

// item is the list that an item was added to.
func (p *prober) item(n tree.Node, in map[int]*candidate) *candidate {
	if n.Kind() == tree.Scalar {
		if c := of(n.Text(), in); c != nil && n.Text() == c.textMark() {
			return c
		}
		return nil
	}
	for k := range n.Pairs() {
		if c := of(k.Text(), in); c != nil && k.Text() == c.keyMark() {
			return c
		}
	}
	return nil
}

// of is the candidate whose mark is in a text.
func of(s string, in map[int]*candidate) *candidate {
	m := marks.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	id, _ := strconv.Atoi(m[1])
	return in[id]
}

var digits = regexp.MustCompile(`\d{6}`)

func (p *prober) scalar(n tree.Node, in map[int]*candidate, note func(tree.Node, site)) {
	s := n.Text()
	for _, m := range marks.FindAllStringSubmatchIndex(s, -1) {
		id, _ := strconv.Atoi(s[m[2]:m[3]])
		c := in[id]
		if c == nil || c.sort == list {
			continue
		}
		start, end := m[0], m[1]
		if whole := "map[" + c.keyMark() + ":" + c.textMark() + "]"; s == whole {
			start, end = 0, len(s)
		}
		if c.sort == table || (c.sort == null || c.sort == undeclared) && end-start < len("map[")+2*len("khs00000x") {
			c.seen = true
			continue // the entry of a table, or text made of one
		}
		note(n, site{sort: text, before: restored(s[:start], in), after: restored(s[end:], in), of: c})
	}
	for _, m := range digits.FindAllStringIndex(s, -1) {
		if c := p.numbers[s[m[0]:m[1]]]; c != nil && in[c.id] == c {
			note(n, site{sort: text, before: restored(s[:m[0]], in), after: restored(s[m[1]:], in), of: c})
		}
	}
}
