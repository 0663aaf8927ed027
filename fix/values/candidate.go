package values

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/tree"
)

// sort is what a value is.
type sort uint8

const (
	text sort = iota
	number
	yes
	no
	table
	list
	null       // declared without a value
	undeclared // a template may ask for it
)

// candidate is a value of a chart, and what is put in its place to see where it comes out.
type candidate struct {
	key      key
	sort     sort
	original any
	id       int
	// seen says that it came out somewhere, bad that the chart does not render with something else in its place.
	seen, bad bool
	// needs is the switch that has to be on for it to come out; nil if there is none.
	needs key
}

// The marks that are put into values. They are names as Kubernetes allows them, and too odd to be there already.
const (
	textMark = "khs%05dx"
	keyMark  = "khk%05dx"
)

var marks = regexp.MustCompile(`kh[sk](\d{5})x`)

func (c *candidate) textMark() string { return fmt.Sprintf(textMark, c.id) }
func (c *candidate) keyMark() string  { return fmt.Sprintf(keyMark, c.id) }

// Numbers in place of others are of six digits: text/template prints those that are longer with an exponent.
const (
	firstNumber   = 100_003
	numberSpacing = 7
	maxCandidates = 100_000
)

func (c *candidate) numberMark() int { return firstNumber + numberSpacing*c.id }

// marked is the value to be put in the candidate's place.
func (c *candidate) marked() any {
	switch c.sort {
	case number:
		return c.numberMark()
	case null, undeclared:
		return map[string]any{c.keyMark(): c.textMark()}
	case table:
		m, _ := tree.Clone(c.original).(map[string]any)
		if m == nil {
			m = map[string]any{}
		}
		m[c.keyMark()] = c.entry(m)
		return m
	case list:
		l, _ := tree.Clone(c.original).([]any)
		if len(l) > 0 {
			if _, ok := l[0].(map[string]any); ok {
				return append(l, map[string]any{"name": c.textMark(), c.keyMark(): c.textMark()})
			}
		}
		return append(l, c.textMark())
	default:
		return c.textMark()
	}
}

// entry is what is added to a table: something like what is there, as a template may go through all of it.
func (c *candidate) entry(m map[string]any) any {
	var like map[string]any
	for _, name := range slices.Sorted(maps.Keys(m)) {
		inner, ok := m[name].(map[string]any)
		if !ok || len(inner) == 0 {
			return c.textMark()
		}
		if like == nil {
			like = inner
		}
	}
	if like == nil {
		return c.textMark()
	}
	return tree.Clone(like)
}

// gather finds everything that could be given another value.
type gatherer struct {
	found []*candidate
	known map[string]bool
	// subcharts are the keys of subcharts' values; globals below them are copies of the chart's own.
	subcharts map[string]bool
	disabled  map[string]bool
	// onlyTables remembers of tables whether they hold nothing but tables.
	onlyTables map[string]bool
}

func isTable(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

func gather(in *helm.Inspection) []*candidate {
	g := &gatherer{known: map[string]bool{}, subcharts: map[string]bool{}, disabled: map[string]bool{}, onlyTables: map[string]bool{}}
	for i := range in.Parts {
		g.subcharts[keyOf(in.Parts[i].Prefix...).String()] = true
	}
	for _, name := range in.Disabled {
		g.disabled[name] = true
	}
	g.walk(in.Values, nil, 0)
	tables := g.tables()
	for i := range in.Parts {
		g.asked(in, &in.Parts[i], tables)
	}
	return g.found
}

func (g *gatherer) add(k key, s sort, original any) {
	name := k.String()
	if len(k) == 0 || g.known[name] || len(g.found) >= maxCandidates {
		return
	}
	g.known[name] = true
	g.found = append(g.found, &candidate{key: k, sort: s, original: original, id: len(g.found)})
}

func (g *gatherer) walk(v any, k key, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case map[string]any:
		if !g.subcharts[k.String()] {
			g.add(k, table, v)
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			inner := k.with(step{name, -1})
			if name == "global" && len(k) > 0 && g.subcharts[k.String()] || len(k) == 0 && g.disabled[name] {
				continue
			}
			g.walk(v[name], inner, depth+1)
		}
	case []any:
		g.add(k, list, v)
		for i := range v {
			g.walk(v[i], k.with(step{"", i}), depth+1)
		}
	case nil:
		g.add(k, null, nil)
	case bool:
		g.add(k, map[bool]sort{true: yes, false: no}[v], v)
	case string:
		g.add(k, text, v)
	default:
		g.add(k, number, v)
	}
}

// tables are the keys of the tables found so far.
func (g *gatherer) tables() []key {
	keys := []key{nil}
	for _, c := range g.found {
		if c.sort == table {
			keys = append(keys, c.key)
		}
	}
	return keys
}

var (
	asked = regexp.MustCompile(`\.Values((?:\.[A-Za-z_][A-Za-z0-9_]*)+)`)
	field = regexp.MustCompile(`\.([A-Za-z_][A-Za-z0-9_]*)`)
)

// maxAsked bounds how many values are tried that no values file declares.
const maxAsked = 2000

// asked adds values that templates of a part ask for and no values file declares: by their full path, and in tables by the names of fields, as
// a template may go through tables: those that are about hardening in each table, all of them in tables among tables.
func (g *gatherer) asked(in *helm.Inspection, part *helm.Part, tables []key) {
	prefix, most := keyOf(part.Prefix...), len(g.found)+maxAsked
	names := map[string]bool{}
	for _, t := range part.Templates {
		for _, m := range asked.FindAllSubmatch(t.Source, -1) {
			k := keyOf(strings.Split(string(m[1][1:]), ".")...)
			if k[0].key != "global" {
				k = prefix.with(k...)
			}
			if _, ok := get(in.Values, k); !ok && len(g.found) < most {
				g.add(k, undeclared, nil)
			}
		}
		for _, m := range field.FindAllSubmatch(t.Source, -1) {
			names[string(m[1])] = true
		}
	}
	all := slices.Sorted(maps.Keys(names))
	hardening := slices.DeleteFunc(slices.Clone(all), func(name string) bool { return !isHardening(name) })
	for _, k := range tables {
		if len(k) == 0 || !k.begins(prefix) || hardened(k) {
			continue
		}
		wanted := hardening
		if g.amongTables(in.Values, k) {
			wanted = all
		}
		for _, name := range wanted {
			if len(g.found) >= min(most, maxCandidates) {
				return
			}
			inner := k.with(step{name, -1})
			if _, ok := get(in.Values, inner); !ok {
				g.add(inner, undeclared, nil)
			}
		}
	}
}

// amongTables reports whether a table is an item of a list, or of a table that only holds such.
func (g *gatherer) amongTables(values map[string]any, k key) bool {
	if k[len(k)-1].index >= 0 {
		return true
	}
	around := k[:len(k)-1]
	name := around.String()
	if len(around) == 0 || g.subcharts[name] {
		return false
	}
	only, known := g.onlyTables[name]
	if !known {
		v, _ := get(values, around)
		m, _ := v.(map[string]any)
		only = true
		for _, inner := range m {
			only = only && isTable(inner)
		}
		g.onlyTables[name] = only
	}
	return only
}

// hardenings are the names, in lower case, that charts give to values that harden.
var hardenings = []string{
	"securitycontext", "podsecuritycontext", "containersecuritycontext", "networkpolicy", "resources", "serviceaccount",
	"automountserviceaccounttoken", "livenessprobe", "readinessprobe", "startupprobe", "poddisruptionbudget", "pdb", "hostnetwork",
	"hostpid", "hostipc", "hostusers", "privileged", "allowprivilegeescalation", "readonlyrootfilesystem", "runasnonroot", "runasuser",
	"runasgroup", "fsgroup", "capabilities", "seccompprofile", "seccomp", "apparmor", "apparmorprofile", "automount", "priorityclassname",
	"topologyspreadconstraints", "imagepullpolicy",
}

func isHardening(name string) bool {
	name = strings.ToLower(name)
	return slices.Contains(hardenings, name) || strings.HasSuffix(name, "securitycontext")
}

// hardened reports whether a key stands at or below a name that is about hardening.
func hardened(k key) bool {
	return slices.ContainsFunc(k, func(s step) bool { return s.index < 0 && isHardening(s.key) })
}
