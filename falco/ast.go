package falco

import (
	"strings"
)

// Span is a half-open range of bytes in the text of a condition, see [Text.Place].
type Span struct{ Start, End int }

// Expr is a condition: [And], [Or], [Not], [Check] or [Ref].
type Expr interface {
	// Range is where the expression stands in the text that it was parsed from.
	Range() Span
	// String writes the expression as libs does (filter/ast.cpp, as_string), with macros by their names.
	String() string
	write(b *writer)
}

// And is true if all its terms are.
type And struct {
	Span
	Terms []Expr // two or more
}

// Or is true if one of its terms is.
type Or struct {
	Span
	Terms []Expr // two or more
}

// Not is true if its term is not.
type Not struct {
	Span
	Term Expr
}

// Check compares a field of the event.
type Check struct {
	Span
	Left     Value // *Field or *Transform
	Op       string
	Modifier string // oneof, anyof or allof, if the operator is applied to each value of a list; else ""
	// Right is nil for exists; *Const for operators with one value; *List for in, intersects, pmatch and modifiers;
	// *Field (in val()) or *Transform if the event is compared with itself.
	Right Value
}

// Ref is the name of a macro.
type Ref struct {
	Span
	Name  string
	Macro *Macro // what it stands for; nil if there is no such macro
}

// Value is a side of a check: [Field], [Transform], [Const] or [List].
type Value interface {
	Range() Span
	writeValue(b *writer)
}

// Field is a field of the event.
type Field struct {
	Span
	Name   string // proc.aname
	Arg    string // what stands in brackets: 2 of proc.aname[2]
	HasArg bool
}

// Transform is a function over fields: tolower(), toupper(), b64(), basename(), len(), join(), concat(), val().
type Transform struct {
	Span
	Name string
	Args []Value // *Field, *Transform, *Const, *List
}

// Const is a value that stands in the condition.
type Const struct {
	Span
	Text   string // without quotes, escapes decoded
	Quoted bool
}

// List is several values in parentheses.
type List struct {
	Span
	Values []Value // *Const; in arguments of transformers also *Field and *Transform
}

// Range is where the node stands.
func (s Span) Range() Span { return s }

// maxWritten bounds the text that an expression is written as; macros can refer to macros over and over.
const maxWritten = 1 << 20

// writer writes expressions.
type writer struct {
	strings.Builder
	expand bool // macros are replaced by their conditions
	depth  int
}

func (w *writer) full() bool { return w.Len() > maxWritten || w.depth > maxDepth }

func written(e Expr, expand bool) string {
	w := &writer{expand: expand}
	e.write(w)
	return w.String()
}

// String implements Expr.
func (e *And) String() string { return written(e, false) }

// String implements Expr.
func (e *Or) String() string { return written(e, false) }

// String implements Expr.
func (e *Not) String() string { return written(e, false) }

// String implements Expr.
func (e *Check) String() string { return written(e, false) }

// String implements Expr.
func (e *Ref) String() string { return written(e, false) }

func (w *writer) terms(terms []Expr, word string) {
	w.depth++
	w.WriteByte('(')
	for i, t := range terms {
		if w.full() {
			break
		}
		if i > 0 {
			w.WriteString(word)
		}
		t.write(w)
	}
	w.WriteByte(')')
	w.depth--
}

func (e *And) write(w *writer) { w.terms(e.Terms, " and ") }

func (e *Or) write(w *writer) { w.terms(e.Terms, " or ") }

func (e *Not) write(w *writer) {
	w.WriteString("not ")
	e.Term.write(w)
}

func (e *Check) write(w *writer) {
	e.Left.writeValue(w)
	w.WriteByte(' ')
	w.WriteString(e.Op)
	if e.Modifier != "" {
		w.WriteByte(' ')
		w.WriteString(e.Modifier)
	}
	if e.Right != nil {
		w.WriteByte(' ')
		e.Right.writeValue(w)
	}
}

func (e *Ref) write(w *writer) {
	if !w.expand || e.Macro == nil || e.Macro.Expr == nil || w.full() {
		w.WriteString(e.Name)
		return
	}
	w.depth++
	e.Macro.Expr.write(w)
	w.depth--
}

func (v *Field) writeValue(w *writer) {
	w.WriteString(v.Name)
	if v.HasArg {
		w.WriteByte('[')
		w.WriteString(escape(v.Arg))
		w.WriteByte(']')
	}
}

func (v *Transform) writeValue(w *writer) {
	w.WriteString(v.Name)
	w.WriteByte('(')
	for i, a := range v.Args {
		if i > 0 {
			w.WriteString(", ")
		}
		w.argument(a)
	}
	w.WriteByte(')')
}

// argument writes an argument of a transformer, in which a string has to be in quotes.
func (w *writer) argument(v Value) {
	switch v := v.(type) {
	case *Const:
		if v.Quoted {
			w.WriteString(quote(v.Text))
			return
		}
	case *List:
		w.WriteByte('(')
		for i, e := range v.Values {
			if i > 0 {
				w.WriteString(", ")
			}
			w.argument(e)
		}
		w.WriteByte(')')
		return
	}
	v.writeValue(w)
}

func (v *Const) writeValue(w *writer) { w.WriteString(escape(v.Text)) }

func (v *List) writeValue(w *writer) {
	w.WriteByte('(')
	for i, e := range v.Values {
		if i > 0 {
			w.WriteString(", ")
		}
		e.writeValue(w)
	}
	w.WriteByte(')')
}
