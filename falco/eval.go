package falco

import (
	"encoding/base64"
	"regexp"
	"strconv"
	"strings"
)

// Truth is what a condition is for an event. Not every field of an event can be known, so there are three.
type Truth uint8

// The truths. Unknown is neither: a field that nobody can tell decides.
const (
	False Truth = iota
	True
	Unknown
)

func truth(b bool) Truth {
	if b {
		return True
	}
	return False
}

func (t Truth) not() Truth {
	switch t {
	case True:
		return False
	case False:
		return True
	default:
		return Unknown
	}
}

// Event is something that happened.
type Event interface {
	// Source is the event source, such as k8s_audit.
	Source() string
	// Values returns the values of a field, one unless the field is a list. None is the answer if the event has none.
	// Known is false if the event cannot tell.
	Values(f *Field) (values []string, known bool)
}

// Evaluator decides conditions. It keeps compiled patterns from one event to the next and may not be used by several goroutines
// at a time.
type Evaluator struct {
	patterns map[patternKey]*regexp.Regexp
	macros   map[*Macro]Truth // of the current event
	event    Event
	depth    int
}

type patternKey struct{ op, pattern string }

// NewEvaluator returns an evaluator.
func NewEvaluator() *Evaluator { return &Evaluator{patterns: map[patternKey]*regexp.Regexp{}} }

// Eval decides a condition for an event as libs does (sinsp_filtercheck.cpp, compare_rhs): a check of a field without a value is
// false, also with !=.
func (v *Evaluator) Eval(e Expr, event Event) Truth {
	v.macros, v.event, v.depth = map[*Macro]Truth{}, event, 0
	return v.expr(e)
}

func (v *Evaluator) expr(e Expr) Truth {
	switch e := e.(type) {
	case *And:
		return v.terms(e.Terms, False)
	case *Or:
		return v.terms(e.Terms, True)
	case *Not:
		return v.expr(e.Term).not()
	case *Check:
		return v.check(e)
	case *Ref:
		return v.macro(e.Macro)
	default:
		return Unknown
	}
}

// terms stops at the first term that decides.
func (v *Evaluator) terms(terms []Expr, decides Truth) Truth {
	result := decides.not()
	for _, t := range terms {
		got := v.expr(t)
		if got == decides {
			return decides
		}
		if got == Unknown {
			result = Unknown
		}
	}
	return result
}

func (v *Evaluator) macro(m *Macro) Truth {
	if m == nil || m.Expr == nil || v.depth > maxMacroDepth {
		return Unknown
	}
	if t, ok := v.macros[m]; ok {
		return t
	}
	v.depth++
	t := v.expr(m.Expr)
	v.depth--
	v.macros[m] = t
	return t
}

// operand is one side of a check.
type operand struct {
	values []string
	typ    fieldType
	list   bool
	known  bool
}

func (v *Evaluator) operand(x Value) operand {
	switch x := x.(type) {
	case *Field:
		info, ok := known().lookup(v.event.Source(), x)
		if !ok {
			return operand{}
		}
		values, ok := v.event.Values(x)
		return operand{values, info.typ, info.list, ok}
	case *Const:
		return operand{[]string{x.Text}, typeString, false, true}
	case *List:
		o := operand{typ: typeString, list: true, known: true}
		for _, e := range x.Values {
			sub := v.operand(e)
			o.known = o.known && sub.known
			o.values = append(o.values, sub.values...)
		}
		return o
	case *Transform:
		return v.transform(x)
	default:
		return operand{}
	}
}

// transform applies a transformer (libs, sinsp_filter_transformer.cpp).
func (v *Evaluator) transform(t *Transform) operand {
	if len(t.Args) != 1 {
		return operand{}
	}
	o := v.operand(t.Args[0])
	if !o.known || len(o.values) == 0 {
		return o
	}
	if t.Name == "len" {
		n := len(o.values)
		if !o.list {
			n = len(o.values[0])
		}
		return operand{[]string{strconv.Itoa(n)}, typeUnsigned, false, true}
	}
	values := make([]string, len(o.values))
	for i, s := range o.values {
		switch t.Name {
		case "val":
		case "tolower":
			s = lower(s)
		case "toupper":
			s = strings.Map(func(r rune) rune {
				if r >= 'a' && r <= 'z' {
					return r - 'a' + 'A'
				}
				return r
			}, s)
		case "basename":
			s = s[strings.LastIndexByte(s, '/')+1:]
		case "b64":
			decoded, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
			if err != nil {
				return operand{typ: o.typ, known: true}
			}
			s = string(decoded)
		default:
			return operand{}
		}
		values[i] = s
	}
	o.values = values
	return o
}

// lower is tolower of C: letters of ASCII only.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, s)
}

func (v *Evaluator) check(c *Check) Truth {
	left := v.operand(c.Left)
	switch {
	case !left.known:
		return Unknown
	case len(left.values) == 0:
		return False
	case c.Op == "exists":
		return True
	}
	right := v.operand(c.Right)
	switch {
	case !right.known:
		return Unknown
	case c.Modifier != "":
		return v.modified(c, left, right.values)
	case left.list:
		return lists(c.Op, left.values, right.values)
	}
	switch c.Op {
	case "in", "intersects", "pmatch":
		return v.any(c.Op, left, right.values)
	default:
		if len(right.values) == 0 {
			return False
		}
		return v.compare(c.Op, left.typ, left.values[0], right.values[0])
	}
}

// modified applies an operator to each value of a list. With an empty list it is false.
func (v *Evaluator) modified(c *Check, left operand, values []string) Truth {
	matches, unknown := 0, false
	for _, value := range values {
		switch v.compare(c.Op, left.typ, left.values[0], value) {
		case True:
			matches++
		case Unknown:
			unknown = true
		case False:
		}
	}
	switch {
	case unknown:
		return Unknown
	case c.Modifier == "oneof":
		return truth(matches == 1)
	case c.Modifier == "anyof":
		return truth(matches > 0)
	default:
		return truth(matches == len(values) && matches > 0)
	}
}
