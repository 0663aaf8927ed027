package control

import (
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// listTest is what a list rule asks of its items.
type listTest uint8

const (
	listContains listTest = iota // at least one item is among the values
	listExcludes                 // no item is among the values
	listOnly                     // every item is among the values
)

// list is a requirement on a list of scalars.
type list struct {
	path   path
	test   listTest
	values []any
	// sample is an item outside of values, for Only.
	sample any
}

// Contains requires the list at path to be there and to have at least one of values; a fix appends the first.
func Contains(path string, values ...any) Rule {
	return &list{path: newPath(path), test: listContains, values: values}
}

// Excludes requires the list at path, if there is one, to have none of values.
func Excludes(path string, values ...any) Rule {
	return &list{path: newPath(path), test: listExcludes, values: values}
}

// Only requires every item of the list at path, if there is one, to be one of values. sample is an item that is not.
func Only(path string, sample any, values ...any) Rule {
	return &list{path: newPath(path), test: listOnly, values: values, sample: sample}
}

func (l *list) Holds(_ *Subject, at tree.Node) bool {
	n := l.path.find(at)
	if !n.Exists() {
		return l.test != listContains
	}
	if n.Kind() != tree.Sequence {
		return false
	}
	for _, item := range n.Items() {
		in := among(item, l.values)
		switch {
		case l.test == listContains && in:
			return true
		case l.test == listExcludes && in, l.test == listOnly && !in:
			return false
		}
	}
	return l.test != listContains
}

func (l *list) Explain(_ *Subject, at tree.Node, out []Violation) []Violation {
	n, missing := l.path.deepest(at)
	if len(missing) > 0 {
		return append(out, Violation{At: n, Missing: missing, Problem: "is missing"})
	}
	if n.Kind() != tree.Sequence {
		return append(out, Violation{At: n, Problem: "is " + show(n) + ", not a list"})
	}
	if l.test == listContains {
		return append(out, Violation{At: n, Problem: "does not contain " + enumerate(l.values, "or")})
	}
	for _, item := range n.Items() {
		if among(item, l.values) == (l.test == listExcludes) {
			out = append(out, Violation{At: item, Problem: "is " + show(item)})
		}
	}
	return out
}

func (l *list) Edits(_ *Subject, at tree.Node, out []Edit) []Edit {
	n := l.path.find(at)
	if l.test == listContains {
		if n.Exists() && n.Kind() != tree.Sequence {
			return out
		}
		return append(out, Edit{Op: Append, At: at, Path: l.path.keys, Value: l.values[0]})
	}
	for _, item := range n.Items() {
		if among(item, l.values) == (l.test == listExcludes) {
			out = append(out, Edit{Op: Remove, At: item, Whole: true})
		}
	}
	return out
}

func (l *list) CEL(c CEL) string {
	opt := l.path.cel(c.At)
	set := celList(l.values)
	switch l.test {
	case listContains:
		return "(" + opt + ".hasValue() && " + opt + ".value().exists(x, x in " + set + "))"
	case listExcludes:
		return "(!" + opt + ".hasValue() || !" + opt + ".value().exists(x, x in " + set + "))"
	default:
		return "(!" + opt + ".hasValue() || " + opt + ".value().all(x, x in " + set + "))"
	}
}

func (l *list) Describe() string {
	switch l.test {
	case listContains:
		return l.path.text + " must contain " + enumerate(l.values, "or")
	case listExcludes:
		return l.path.text + " must not contain " + enumerate(l.values, "or")
	default:
		return l.path.text + " may contain only " + enumerate(l.values, "and")
	}
}

func (l *list) Breaks(out []Change) []Change {
	switch l.test {
	case listContains:
		return append(out,
			Change{Path: l.path.text, Name: "missing"},
			Change{Path: l.path.text, Value: []any{}, Name: "empty"})
	case listExcludes:
		for _, v := range l.values {
			out = append(out, Change{Path: l.path.text, Value: []any{v}})
		}
		return out
	default:
		return append(out, Change{Path: l.path.text, Value: []any{l.sample}})
	}
}

// each is a requirement on every item of a list of mappings.
type each struct {
	path   path
	rule   Rule
	sample map[string]any
}

// Each requires rule of every item of the list at path. sample is an item that meets the rule, from which the fixtures are made.
func Each(path string, sample map[string]any, rule Rule) Rule {
	return &each{path: newPath(path), rule: rule, sample: sample}
}

func (e *each) Holds(s *Subject, at tree.Node) bool {
	for _, item := range e.path.find(at).Items() {
		if !e.rule.Holds(s, item) {
			return false
		}
	}
	return true
}

func (e *each) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	for _, item := range e.path.find(at).Items() {
		if !e.rule.Holds(s, item) {
			out = e.rule.Explain(s, item, out)
		}
	}
	return out
}

func (e *each) Edits(s *Subject, at tree.Node, out []Edit) []Edit {
	for _, item := range e.path.find(at).Items() {
		if !e.rule.Holds(s, item) {
			out = e.rule.Edits(s, item, out)
		}
	}
	return out
}

func (e *each) CEL(c CEL) string {
	opt := e.path.cel(c.At)
	// A nested Each needs a variable of its own.
	v := "item"
	if strings.HasPrefix(c.At, v) {
		v = c.At + "_"
	}
	inner := e.rule.CEL(c.at(v))
	if inner == "" {
		return ""
	}
	return "(!" + opt + ".hasValue() || " + opt + ".value().all(" + v + ", " + inner + "))"
}

func (e *each) Describe() string { return "in each of " + e.path.text + ": " + e.rule.Describe() }

func (e *each) Breaks(out []Change) []Change {
	for _, b := range e.rule.Breaks(nil) {
		item := tree.Clone(e.sample).(map[string]any)
		b.Apply(item)
		out = append(out, Change{Path: e.path.text, Value: []any{item}, Name: b.Label()})
	}
	return out
}
