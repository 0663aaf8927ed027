package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/tree/mistake"
	"github.com/kubeharden/kubeharden/waiver"
	"github.com/kubeharden/kubeharden/waiver/glob"
)

// Parse reads the configuration in src. The error joins all mistakes, each an [*Error], in the order of the file.
func Parse(path string, src []byte, known *Known) (*Config, error) {
	c := &Config{Path: path, Controls: map[string]Control{}}
	if abs, err := filepath.Abs(filepath.Dir(path)); err == nil {
		c.folder = abs
	}
	if len(src) > MaxSize {
		return nil, &Error{File: path, Line: 1, Column: 1, Message: fmt.Sprintf("configuration is larger than %d MiB", MaxSize>>20)}
	}
	p := &parser{List: mistake.NewList(path, src), file: path, known: known, config: c, dead: map[tree.Node]bool{}}
	documents := 0
	for doc := range tree.Split(src) {
		if documents++; documents > 1 {
			p.AddAt(doc.Start, "a second document: the configuration is one document")
			break
		}
		t, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			p.AddBroken(doc, err)
			continue
		}
		for key := range t.Duplicates() {
			p.dead[key] = true
			p.Add(key, "key %q is given more than once", mistake.Shorten(key.Text()))
		}
		if root := t.Root(); !root.IsNull() {
			p.root(root)
		}
	}
	if err := p.Join(); err != nil {
		return nil, err
	}
	return c, nil
}

type parser struct {
	*mistake.List
	file   string
	known  *Known
	config *Config
	dead   map[tree.Node]bool // keys that a later one overrides
}

// field reads the value of one key.
type field struct {
	name string
	read func(n tree.Node)
}

// fields reads the entries of a mapping and refuses keys that there are not.
func (p *parser) fields(n tree.Node, what string, fields ...field) {
	if n.Kind() != tree.Mapping {
		p.wrongType(n, what, "a mapping")
		return
	}
	for key, val := range n.Pairs() {
		if p.dead[key] {
			continue
		}
		name := key.Text()
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
		if i < 0 {
			var names []string
			for _, f := range fields {
				names = append(names, f.name)
			}
			hint := p.known.DidYouMean(name, names)
			if hint == "" {
				hint = ": there are " + strings.Join(names, ", ")
			}
			p.Add(key, "unknown key %q in %s%s", mistake.Shorten(name), what, hint)
			continue
		}
		fields[i].read(val)
	}
}

func (p *parser) wrongType(n tree.Node, what, want string) {
	p.Add(n, "%s must be %s, not %s", what, want, typeOf(n))
}

func typeOf(n tree.Node) string {
	switch n.Kind() {
	case tree.Mapping:
		return "a mapping"
	case tree.Sequence:
		return "a list"
	case tree.Missing:
		return "nothing"
	case tree.Scalar:
	}
	switch n.Type() {
	case tree.Null:
		return "empty"
	case tree.Bool:
		return "a boolean"
	case tree.String:
		return "the text " + fmt.Sprintf("%q", mistake.Shorten(n.Text()))
	default:
		return "the number " + mistake.Shorten(n.Text())
	}
}

func (p *parser) root(n tree.Node) {
	c := p.config
	p.fields(n, "the configuration",
		field{"kubernetesVersion", p.version},
		field{"failOn", p.failOn},
		field{"severity", func(n tree.Node) { c.Severity = p.severity(n, "severity") }},
		field{"profiles", func(n tree.Node) { c.Profiles = p.names(n, "profiles", "profile", p.known.Profiles) }},
		field{"frameworks", func(n tree.Node) { c.Frameworks = p.names(n, "frameworks", "framework", p.known.Frameworks) }},
		field{"include", func(n tree.Node) { c.include = p.paths(n, "include") }},
		field{"exclude", func(n tree.Node) { c.exclude = p.paths(n, "exclude") }},
		field{"baseline", p.baseline},
		field{"strict", func(n tree.Node) { c.Strict = p.boolean(n, "strict") }},
		field{"controls", p.controls},
		field{"waivers", p.waivers},
	)
}

// text reads a string; numbers and booleans have to be quoted so that nobody wonders what 1.30 becomes.
func (p *parser) text(n tree.Node, what string) (string, bool) {
	s, ok := n.Str()
	if !ok {
		want := "a text"
		if n.Kind() == tree.Scalar && !n.IsNull() {
			want = "a text in quotes"
		}
		p.wrongType(n, what, want)
	}
	return s, ok
}

// texts reads a list of strings, or a single one.
func (p *parser) texts(n tree.Node, what string, each func(n tree.Node, s string)) {
	if n.Kind() == tree.Scalar && !n.IsNull() {
		if s, ok := p.text(n, what); ok {
			each(n, s)
		}
		return
	}
	if n.Kind() != tree.Sequence {
		p.wrongType(n, what, "a text or a list of texts")
		return
	}
	for _, item := range n.Items() {
		if s, ok := p.text(item, "an item of "+what); ok {
			each(item, s)
		}
	}
}

func (p *parser) boolean(n tree.Node, what string) bool {
	v, ok := n.Bool()
	if !ok {
		p.wrongType(n, what, "true or false")
	}
	return v
}

func (p *parser) version(n tree.Node) {
	if n.Kind() != tree.Scalar || n.IsNull() || n.Type() == tree.Bool {
		p.wrongType(n, "kubernetesVersion", "a version such as 1.34")
		return
	}
	// 1.30 without quotes is a number, but its text is still there.
	v, err := control.ParseMinor(n.Text())
	if err != nil {
		p.Add(n, "%v", err)
		return
	}
	p.config.KubernetesVersion = v
}

func (p *parser) failOn(n tree.Node) {
	if n.StrIs("none") {
		p.config.FailOnNone = true
		return
	}
	p.config.FailOn = p.severity(n, "failOn", "none")
}

func (p *parser) severity(n tree.Node, what string, more ...string) *control.Severity {
	s, ok := p.text(n, what)
	if !ok {
		return nil
	}
	v, err := control.ParseSeverity(s)
	if err != nil {
		names := more
		for _, v := range control.Severities() {
			names = append(names, v.String())
		}
		p.Add(n, "%v in %s%s", err, what, p.orAll(s, names))
		return nil
	}
	return &v
}

// orAll returns the nearest name, or all of them if none is near.
func (p *parser) orAll(name string, names []string) string {
	if hint := p.known.DidYouMean(name, names); hint != "" {
		return hint
	}
	return ": there are " + strings.Join(names, ", ")
}

func (p *parser) names(n tree.Node, what, one string, known []string) []string {
	var names []string
	p.texts(n, what, func(n tree.Node, s string) {
		switch {
		case known != nil && !slices.Contains(known, s):
			p.Add(n, "unknown %s %q%s", one, mistake.Shorten(s), p.orAll(s, known))
		case slices.Contains(names, s):
			p.Add(n, "%s %q is given twice", one, mistake.Shorten(s))
		default:
			names = append(names, s)
		}
	})
	return names
}

func (p *parser) paths(n tree.Node, what string) []glob.Glob {
	var globs []glob.Glob
	p.texts(n, what, func(n tree.Node, s string) {
		if g, ok := p.path(n, s, what); ok {
			globs = append(globs, g)
		}
	})
	return globs
}

func (p *parser) path(n tree.Node, s, what string) (glob.Glob, bool) {
	switch {
	case s == "":
		p.Add(n, "%s has an empty pattern", what)
		return glob.Glob{}, false
	case filepath.IsAbs(s) || strings.HasPrefix(s, "/"):
		p.Add(n, "%s: pattern %q is absolute: patterns are relative to the folder of this file", what, mistake.Shorten(s))
		return glob.Glob{}, false
	}
	g, err := glob.Path(s)
	if err != nil {
		p.Add(n, "%s: %v", what, err)
	}
	return g, err == nil
}

func (p *parser) baseline(n tree.Node) {
	s, ok := p.text(n, "baseline")
	switch {
	case !ok:
	case s == "":
		p.Add(n, "baseline is empty: it is the path of a file")
	case filepath.IsAbs(s):
		p.config.Baseline = s
	default:
		p.config.Baseline = filepath.Join(filepath.Dir(p.file), filepath.FromSlash(s))
	}
}

func (p *parser) controls(n tree.Node) {
	if n.Kind() != tree.Mapping {
		p.wrongType(n, "controls", "a mapping from a control to its settings")
		return
	}
	from := map[string]string{} // which key set a control
	for key, val := range n.Pairs() {
		if p.dead[key] {
			continue
		}
		id := key.Text()
		found, err := p.known.Lookup(id)
		if err != nil {
			p.Add(key, "%v", err)
		}
		settings := p.control(val, found, id)
		for _, c := range found {
			if other, taken := from[c.ID]; taken {
				p.Add(key, "control %s is set twice: by %q and by %q", c.ID, mistake.Shorten(other), mistake.Shorten(id))
				continue
			}
			from[c.ID] = id
			own := settings
			own.Params = nil
			for name, values := range settings.Params {
				if slices.Contains(paramNames(c), name) {
					if own.Params == nil {
						own.Params = map[string][]string{}
					}
					own.Params[name] = values
				}
			}
			p.config.Controls[c.ID] = own
		}
	}
}

func (p *parser) control(n tree.Node, found []*control.Control, id string) (settings Control) {
	what := "control " + mistake.Shorten(id)
	if v, ok := n.Bool(); ok {
		settings.Enabled = &v
		return settings
	}
	if n.Kind() != tree.Mapping {
		p.wrongType(n, what, "true, false or a mapping of its settings")
		return settings
	}
	p.fields(n, what,
		field{"enabled", func(n tree.Node) {
			if v, ok := n.Bool(); ok {
				settings.Enabled = &v
				return
			}
			p.wrongType(n, "enabled", "true or false")
		}},
		field{"severity", func(n tree.Node) { settings.Severity = p.severity(n, "severity") }},
		field{"params", func(n tree.Node) { settings.Params = p.params(n, found, what) }},
	)
	return settings
}

func paramNames(c *control.Control) []string {
	var names []string
	for _, param := range c.Params {
		names = append(names, param.Name)
	}
	return names
}

func (p *parser) params(n tree.Node, found []*control.Control, what string) map[string][]string {
	if n.Kind() != tree.Mapping {
		p.wrongType(n, "params of "+what, "a mapping from a parameter to its value")
		return nil
	}
	known := map[string]bool{}
	for _, c := range found {
		for _, name := range paramNames(c) {
			known[name] = true
		}
	}
	names := slices.Sorted(maps.Keys(known))
	params := map[string][]string{}
	for key, val := range n.Pairs() {
		name := key.Text()
		switch {
		case p.dead[key]:
		case len(found) > 0 && !known[name] && len(names) == 0:
			p.Add(key, "%s has no parameters", what)
		case len(found) > 0 && !known[name]:
			p.Add(key, "unknown parameter %q of %s%s", mistake.Shorten(name), what, p.orAll(name, names))
		default:
			if values, ok := p.values(val, "parameter "+mistake.Shorten(name)); ok {
				params[name] = values
			}
		}
	}
	return params
}

// values reads a scalar or a list of scalars, each by its text: 10 and "10" are the same value of a parameter.
func (p *parser) values(n tree.Node, what string) (values []string, ok bool) {
	const want = "a value or a list of values"
	switch {
	case n.Kind() == tree.Scalar && !n.IsNull():
		return []string{n.Text()}, true
	case n.Kind() != tree.Sequence:
		p.wrongType(n, what, want)
		return nil, false
	}
	values = []string{}
	for _, item := range n.Items() {
		if item.Kind() != tree.Scalar || item.IsNull() {
			p.wrongType(item, "an item of "+what, "a value")
			return nil, false
		}
		values = append(values, item.Text())
	}
	return values, true
}

func (p *parser) waivers(n tree.Node) {
	if n.Kind() != tree.Sequence {
		p.wrongType(n, "waivers", "a list")
		return
	}
	for _, item := range n.Items() {
		if w := p.waiver(item); w != nil {
			p.config.Waivers = append(p.config.Waivers, w)
		}
	}
}

func (p *parser) waiver(n tree.Node) *waiver.Waiver {
	w := &waiver.Waiver{Origin: fmt.Sprintf("%s:%d", filepath.ToSlash(p.file), p.Line(n))}
	matched, reasoned, named := false, false, false
	lookup := func(n tree.Node, id string) {
		found, err := p.known.Lookup(id)
		if err != nil {
			p.Add(n, "%v", err)
			return
		}
		for _, c := range found {
			if !slices.Contains(w.Controls, c) {
				w.Controls = append(w.Controls, c)
			}
		}
	}
	before := p.Len()
	p.fields(n, "the waiver",
		field{"control", func(n tree.Node) {
			named = true
			if id, ok := p.text(n, "control"); ok {
				lookup(n, id)
			}
		}},
		field{"controls", func(n tree.Node) {
			named = true
			p.texts(n, "controls", lookup)
			if n.Kind() == tree.Sequence && n.Len() == 0 {
				p.Add(n, "controls is an empty list")
			}
		}},
		field{"reason", func(n tree.Node) {
			reasoned = true
			s, ok := p.text(n, "reason")
			if w.Reason = strings.Join(strings.Fields(s), " "); ok && w.Reason == "" {
				p.Add(n, "reason is empty: say why this is accepted")
			}
		}},
		field{"owner", func(n tree.Node) { w.Owner, _ = p.text(n, "owner") }},
		field{"until", func(n tree.Node) {
			if s, ok := p.text(n, "until"); ok {
				date, err := waiver.ParseDate(s)
				if err != nil {
					p.Add(n, "until: %v", err)
				}
				w.Until = date
			}
		}},
		field{"match", func(n tree.Node) {
			matched = true
			w.Match = p.match(n)
		}},
	)
	if n.Kind() == tree.Mapping {
		if !named {
			p.Add(n, "the waiver names no control: control or controls is required")
		}
		if !reasoned {
			p.Add(n, "the waiver has no reason: say why this is accepted")
		}
		if !matched {
			p.Add(n, "the waiver does not say what it is for: match is required, and match: {} is for everything")
		}
	}
	if p.Len() > before {
		return nil
	}
	return w
}

func (p *parser) match(n tree.Node) (m waiver.Match) {
	patterns := func(name string, into *[]waiver.Pattern) field {
		return field{name, func(n tree.Node) {
			p.texts(n, name, func(n tree.Node, s string) {
				g, err := glob.Name(s)
				if err != nil {
					p.Add(n, "%s: %v", name, err)
				}
				*into = append(*into, g)
			})
			p.notEmpty(n, name)
		}}
	}
	p.fields(n, "match",
		field{"file", func(n tree.Node) {
			m.File = p.paths(n, "file")
			p.notEmpty(n, "file")
		}},
		patterns("apiVersion", &m.APIVersion),
		patterns("kind", &m.Kind),
		patterns("namespace", &m.Namespace),
		patterns("name", &m.Name),
		patterns("container", &m.Container),
		field{"labels", func(n tree.Node) { m.Labels = p.labels(n) }},
	)
	return m
}

// notEmpty refuses an empty list, which would not limit anything.
func (p *parser) notEmpty(n tree.Node, what string) {
	if n.Kind() == tree.Sequence && n.Len() == 0 {
		p.Add(n, "%s is an empty list", what)
	}
}

func (p *parser) labels(n tree.Node) (labels []waiver.Label) {
	if n.Kind() != tree.Mapping || n.Len() == 0 {
		p.wrongType(n, "labels", "a mapping from a label to its value")
		return nil
	}
	for key, val := range n.Pairs() {
		if p.dead[key] {
			continue
		}
		s, ok := p.text(val, "label "+mistake.Shorten(key.Text()))
		if !ok {
			continue
		}
		g, err := glob.Name(s)
		if err != nil {
			p.Add(val, "label %s: %v", mistake.Shorten(key.Text()), err)
		}
		labels = append(labels, waiver.Label{Key: key.Text(), Value: g})
	}
	return labels
}
