package control

import (
	"fmt"

	"github.com/kubeharden/kubeharden/tree"
)

// field is a requirement on one value.
type field struct {
	path   path
	values []any
	// optional fields may be missing.
	optional bool
	// negate asks for none of the values instead of one of them.
	negate bool
}

// Is requires the value at path to be there and to equal v.
func Is(path string, v any) Rule { return &field{path: newPath(path), values: []any{v}} }

// In requires the value at path to be there and to be one of values; the first is the one that a fix sets.
func In(path string, values ...any) Rule { return &field{path: newPath(path), values: values} }

// Allow requires the value at path, if there is one, to be one of values.
func Allow(path string, values ...any) Rule {
	return &field{path: newPath(path), values: values, optional: true}
}

// Not requires the value at path, if there is one, to be none of values.
func Not(path string, values ...any) Rule {
	return &field{path: newPath(path), values: values, optional: true, negate: true}
}

func (f *field) Holds(_ *Subject, at tree.Node) bool {
	n := f.path.find(at)
	if !n.Exists() {
		return f.optional
	}
	if f.negate {
		return !among(n, f.values) && f.typed(n)
	}
	return among(n, f.values)
}

// typed reports whether n has the type of the first literal. What is forbidden must not pass by being written as text: the
// API server refuses it, but not every reader of a manifest is an API server.
func (f *field) typed(n tree.Node) bool {
	switch f.values[0].(type) {
	case bool:
		_, ok := n.Bool()
		return ok
	case int, int64:
		_, ok := n.Float()
		return ok
	default:
		return true
	}
}

func (f *field) Explain(_ *Subject, at tree.Node, out []Violation) []Violation {
	n, missing := f.path.deepest(at)
	if len(missing) > 0 {
		return append(out, Violation{At: n, Missing: missing, Problem: "is missing"})
	}
	return append(out, Violation{At: n, Problem: isProblem(n, f.values[0])})
}

func (f *field) Edits(_ *Subject, at tree.Node, out []Edit) []Edit {
	if f.optional {
		if n := f.path.find(at); n.Exists() {
			return append(out, f.remove(at, n))
		}
		return out
	}
	return append(out, Edit{Op: Set, At: at, Path: f.path.keys, Value: f.values[0]})
}

// remove takes a value away, or changes it where its mapping would be left empty and the right value is known.
func (f *field) remove(at, n tree.Node) Edit {
	owner := path{keys: f.path.keys[:len(f.path.keys)-1]}
	if len(owner.keys) > 0 && owner.find(at).Len() == 1 {
		v, isBool := f.values[0].(bool)
		switch {
		case f.negate && isBool:
			return Edit{Op: Set, At: n, Value: !v}
		case !f.negate:
			return Edit{Op: Set, At: n, Value: f.values[0]}
		}
	}
	return Edit{Op: Remove, At: n}
}

func (f *field) CEL(c CEL) string {
	opt := f.path.cel(c.At)
	test := opt + ".value() in " + celList(f.values)
	if len(f.values) == 1 {
		test = opt + ".value() == " + celLiteral(f.values[0])
		if f.negate {
			test = opt + ".value() != " + celLiteral(f.values[0])
		}
	} else if f.negate {
		test = "!(" + test + ")"
	}
	if f.optional {
		return "(!" + opt + ".hasValue() || " + test + ")"
	}
	return "(" + opt + ".hasValue() && " + test + ")"
}

func (f *field) Describe() string {
	switch {
	case f.negate:
		return f.path.text + " must not be " + enumerate(f.values, "or")
	case f.optional:
		return f.path.text + " must be " + enumerate(f.values, "or") + " if it is set"
	default:
		return f.path.text + " must be " + enumerate(f.values, "or")
	}
}

func (f *field) Breaks(out []Change) []Change {
	if f.negate {
		for _, v := range f.values {
			out = append(out, Change{Path: f.path.text, Value: v})
		}
		return out
	}
	if !f.optional {
		out = append(out, Change{Path: f.path.text, Name: "missing"})
	}
	return append(out, Change{Path: f.path.text, Value: f.other()})
}

// other returns a value of the right type that is not among the values.
func (f *field) other() any {
	switch v := f.values[0].(type) {
	case bool:
		return !v
	case string:
		return "kubeharden-other"
	default:
		for i := 1; ; i++ {
			if !contains(f.values, i) {
				return i
			}
		}
	}
}

func contains(values []any, v any) bool {
	for _, w := range values {
		if fmt.Sprint(w) == fmt.Sprint(v) {
			return true
		}
	}
	return false
}

// presence is a requirement on whether something is there.
type presence struct {
	path path
	want bool
	set  any // what a fix sets if it has to be there
	like any // what is there when it must not be; nil is anything
}

// Present requires something other than null, an empty text, an empty list or an empty mapping at path. A fix sets it to fix; nil
// leaves it to a person.
func Present(path string, fix any) Rule {
	return &presence{path: newPath(path), want: true, set: fix}
}

// Absent requires path to be missing or null.
func Absent(path string) Rule { return &presence{path: newPath(path)} }

// AbsentLike is Absent, where only a value such as like, which the API server takes, shows what a fix does.
func AbsentLike(path string, like any) Rule { return &presence{path: newPath(path), like: like} }

func (p *presence) Holds(_ *Subject, at tree.Node) bool {
	n := p.path.find(at)
	if !p.want {
		return !n.Exists()
	}
	return n.Exists() && !isEmpty(n)
}

func isEmpty(n tree.Node) bool {
	if n.Kind() == tree.Scalar {
		return n.StrIs("")
	}
	return n.Len() == 0
}

func (p *presence) Explain(_ *Subject, at tree.Node, out []Violation) []Violation {
	n, missing := p.path.deepest(at)
	switch {
	case !p.want:
		return append(out, Violation{At: n, Problem: "is set"})
	case len(missing) > 0:
		return append(out, Violation{At: n, Missing: missing, Problem: "is missing"})
	default:
		return append(out, Violation{At: n, Problem: "is empty"})
	}
}

func (p *presence) Edits(_ *Subject, at tree.Node, out []Edit) []Edit {
	if p.want {
		if p.set == nil {
			return out
		}
		return append(out, Edit{Op: Set, At: at, Path: p.path.keys, Value: p.set})
	}
	if n := p.path.find(at); n.Exists() {
		return append(out, Edit{Op: Remove, At: n})
	}
	return out
}

func (p *presence) CEL(c CEL) string {
	opt := p.path.cel(c.At)
	if !p.want {
		return "!" + opt + ".hasValue()"
	}
	// Not size(), which is not defined for numbers and booleans. Literals of mixed types are no CEL to the API server.
	v := "dyn(" + opt + ".value())"
	return "(" + opt + ".hasValue() && " + v + " != '' && " + v + " != [] && " + v + " != {})"
}

func (p *presence) Describe() string {
	if p.want {
		return p.path.text + " must be set"
	}
	return p.path.text + " must not be set"
}

func (p *presence) Breaks(out []Change) []Change {
	if p.want {
		return append(out, Change{Path: p.path.text, Name: "missing"})
	}
	if p.like != nil {
		return append(out, Change{Path: p.path.text, Value: tree.Clone(p.like)})
	}
	return append(out, Change{Path: p.path.text, Value: "kubeharden-other"})
}

// numeric is a requirement on the size of a number.
type numeric struct {
	path     path
	min, max int64
	optional bool
}

// AtLeast requires the number at path, if there is one, to be min or more.
func AtLeast(path string, minimum int64) Rule { return Range(path, minimum, 1<<62) }

// Range requires the number at path, if there is one, to lie in [min, max].
func Range(path string, minimum, maximum int64) Rule {
	return &numeric{path: newPath(path), min: minimum, max: maximum, optional: true}
}

func (r *numeric) Holds(_ *Subject, at tree.Node) bool {
	n := r.path.find(at)
	if !n.Exists() {
		return r.optional
	}
	i, ok := n.Int()
	return ok && i >= r.min && i <= r.max
}

func (r *numeric) Explain(_ *Subject, at tree.Node, out []Violation) []Violation {
	n, missing := r.path.deepest(at)
	if len(missing) > 0 {
		return append(out, Violation{At: n, Missing: missing, Problem: "is missing"})
	}
	return append(out, Violation{At: n, Problem: isProblem(n, r.min)})
}

func (r *numeric) Edits(_ *Subject, at tree.Node, out []Edit) []Edit {
	return append(out, Edit{Op: Set, At: at, Path: r.path.keys, Value: r.min})
}

func (r *numeric) CEL(c CEL) string {
	opt := r.path.cel(c.At)
	test := fmt.Sprintf("%s.value() >= %d", opt, r.min)
	if r.max < 1<<62 {
		test += fmt.Sprintf(" && %s.value() <= %d", opt, r.max)
	}
	return "(!" + opt + ".hasValue() || (" + test + "))"
}

func (r *numeric) Describe() string {
	if r.max < 1<<62 {
		return fmt.Sprintf("%s must be from %d to %d if it is set", r.path.text, r.min, r.max)
	}
	return fmt.Sprintf("%s must be at least %d if it is set", r.path.text, r.min)
}

func (r *numeric) Breaks(out []Change) []Change {
	return append(out, Change{Path: r.path.text, Value: r.min - 1})
}
