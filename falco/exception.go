package falco

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Exception is one exception of a rule: the rule does not apply if fields have certain values.
type Exception struct {
	Name   string
	Fields Entry
	Comps  Entry
	Values []Entry // each one a row of values for the fields
	Place  Place
}

// Entry is a text or a list of entries. The zero Entry is not there.
type Entry struct {
	IsList bool
	Text   Text
	Items  []Entry
}

func (e *Entry) valid() bool { return e.IsList && len(e.Items) > 0 || !e.IsList && e.Text.s != "" }

func textEntry(s string) Entry { return Entry{Text: Text{s: s}} }

// exceptions reads the key exceptions.
func (l *loader) exceptions(n tree.Node, item string, appending bool) ([]Exception, bool) {
	v := value(n, "exceptions")
	if !v.Exists() || null(v) {
		return nil, true
	}
	if v.Kind() != tree.Sequence {
		return nil, l.fail(v, item, "Rule exceptions must be a sequence")
	}
	var all []Exception
	names := map[string]bool{}
	for _, e := range v.Items() {
		if e.Kind() != tree.Mapping {
			return nil, l.fail(e, item, "Rule exception must be a mapping")
		}
		name, ok := l.decode(e, "name", item)
		if !ok {
			return nil, false
		}
		x := Exception{Name: strings.Clone(name.Text()), Place: l.at(e)}
		if names[x.Name] {
			l.warn(WarnExceptionNameNotUnique, l.at(e), item, "Multiple definitions of exception '"+x.Name+"' in the same rule", "")
		}
		names[x.Name] = true
		if !l.exception(e, item, &x, appending) {
			return nil, false
		}
		all = append(all, x)
	}
	return all, true
}

func (l *loader) exception(n tree.Node, item string, x *Exception, appending bool) bool {
	for _, key := range []struct {
		name     string
		optional bool
		to       *Entry
	}{{"fields", appending, &x.Fields}, {"comps", true, &x.Comps}} {
		v := value(n, key.name)
		if !v.Exists() {
			if key.optional {
				continue
			}
			return l.fail(n, item, "Item has no mapping for key '"+key.name+"'")
		}
		if !l.entry(v, item, key.to, 0) {
			return false
		}
	}
	values := value(n, "values")
	switch {
	case !values.Exists():
		if appending {
			l.warn(WarnAppendNoValues, l.at(n), item, "Overriding/appending exception with no values", "")
		}
		return true
	case values.Kind() != tree.Sequence:
		return l.fail(values, item, "Rule exception values must be a sequence")
	}
	for _, v := range values.Items() {
		var e Entry
		if !l.entry(v, item, &e, 0) {
			return false
		}
		x.Values = append(x.Values, e)
	}
	return true
}

// maxEntryDepth bounds lists in lists; more than three make no sense to Falco.
const maxEntryDepth = 100

func (l *loader) entry(n tree.Node, item string, e *Entry, depth int) bool {
	if depth > maxEntryDepth {
		return l.fail(n, item, "Exception is nested too deep")
	}
	switch {
	case null(n):
	case n.Kind() == tree.Scalar:
		if n.Text() == "" {
			return l.fail(n, item, "Value must be non-empty")
		}
		e.Text = newScalar(l.file, n).asText()
	case n.Kind() == tree.Sequence:
		e.IsList = true
		for _, i := range n.Items() {
			var sub Entry
			if !l.entry(i, item, &sub, depth+1) {
				return false
			}
			e.Items = append(e.Items, sub)
		}
	}
	return true
}

// isOperator reports whether an exception may compare with op.
func isOperator(op string) bool {
	return slices.Contains(Operators(), op) || isModified(op)
}

// isModified reports whether op is an operator for strings and a modifier: startswith anyof.
func isModified(op string) bool {
	words := strings.Fields(op)
	if len(words) != 2 {
		return false
	}
	base, modifier := false, false
	for _, known := range stringOps {
		base = base || words[0] == strings.TrimSpace(known)
	}
	for _, known := range modifiers {
		modifier = modifier || words[1] == known
	}
	return base && modifier
}

// takesList reports whether the values of an operator stand in parentheses.
func takesList(op string) bool {
	return slices.Contains(listOps, op) || isModified(op)
}

// validException completes an exception and checks it; source is "" if it is not known
// (rule_loader_collector.cpp, validate_exception_info).
func (l *loader) validException(x *Exception, source, item string) bool {
	if !x.Fields.IsList {
		if !x.Comps.valid() {
			x.Comps = textEntry("in")
		}
		if x.Comps.IsList {
			return l.invalid(x.Place, item, "Fields and comps must both be strings", "")
		}
		if !takesList(x.Comps.Text.s) {
			return l.invalid(x.Place, item,
				"When fields is a single value, comps must be one of (in, pmatch, intersects) or a string operator with a modifier (oneof, anyof, allof)", "")
		}
		return l.exceptionField(x, &x.Fields, source, item)
	}
	if !x.Comps.valid() {
		x.Comps = Entry{IsList: true}
		for range x.Fields.Items {
			x.Comps.Items = append(x.Comps.Items, textEntry("="))
		}
	}
	if len(x.Fields.Items) != len(x.Comps.Items) {
		return l.invalid(x.Place, item, "Fields and comps lists must have equal length", "")
	}
	for i := range x.Comps.Items {
		if op := x.Comps.Items[i].Text.s; !isOperator(op) {
			return l.invalid(x.Place, item, "'"+op+"' is not a supported comparison operator", "")
		}
	}
	for i := range x.Fields.Items {
		if !l.exceptionField(x, &x.Fields.Items[i], source, item) {
			return false
		}
	}
	return true
}

func (l *loader) exceptionField(x *Exception, field *Entry, source, item string) bool {
	name := field.Text.s
	if source == "" || strings.Contains(name, "(") {
		return true // a transformer is checked with the condition
	}
	place := x.Place
	if len(field.Text.runs) > 0 {
		place = field.Text.Place(0)
	}
	if e, err := ParseCondition(name + " exists"); err == nil {
		if c, ok := e.(*Check); ok {
			if f, ok := c.Left.(*Field); ok {
				if _, ok := known().lookup(source, f); ok {
					return true
				}
			}
		}
	}
	return l.invalid(place, item, "'"+name+"' is not a supported filter field", known().fieldHint(source, name))
}

// withExceptions is the condition of a rule with its exceptions (rule_loader_compiler.cpp, build_rule_exception_infos).
func (l *loader) withExceptions(r *Rule) (Text, bool) {
	if len(r.Exceptions) == 0 {
		return r.Condition, true
	}
	var c composer
	c.insert("(", r.Condition)
	c.add(r.Condition)
	c.insert(")", r.Condition)
	for i := range r.Exceptions {
		x := &r.Exceptions[i]
		var part composer
		ok := false
		if x.Fields.IsList {
			ok = l.rows(r, x, &part)
		} else {
			ok = l.column(r, x, &part)
		}
		if !ok {
			return Text{}, false
		}
		if t := part.text(); t.s != "" && t.s != "()" {
			near := x.near()
			c.insert(" and not ", near)
			c.add(t)
		}
	}
	return c.text(), true
}

// near is a text of the exception at whose place what is inserted stands.
func (x *Exception) near() Text {
	for e := &x.Fields; ; e = &e.Items[0] {
		if len(e.Text.runs) > 0 || len(e.Items) == 0 {
			return e.Text
		}
	}
}

// column writes an exception with one field: (field in (a, b)).
func (l *loader) column(r *Rule, x *Exception, c *composer) bool {
	for i := range x.Values {
		v := &x.Values[i]
		if v.IsList {
			return l.invalid(x.Place, r.item(), "Expected values array to contain a list of strings", "")
		}
		if i == 0 {
			c.insert("(", x.Fields.Text)
			c.add(x.Fields.Text)
			c.insert(" "+x.Comps.Text.s+" (", x.Fields.Text)
		} else {
			c.insert(", ", v.Text)
		}
		c.quote(v.Text)
	}
	if len(x.Values) > 0 {
		c.insert("))", x.Fields.Text)
	}
	return true
}

// rows writes an exception with several fields: ((a = 1 and b = 2) or (a = 3 and b = 4)).
func (l *loader) rows(r *Rule, x *Exception, c *composer) bool {
	near := x.near()
	c.insert("(", near)
	for i := range x.Values {
		row := &x.Values[i]
		if len(row.Items) != len(x.Fields.Items) {
			return l.invalid(x.Place, r.item(), "Fields and values lists must have equal length", "")
		}
		if i > 0 {
			c.insert(" or ", near)
		}
		c.insert("(", near)
		for k := range row.Items {
			field, op := x.Fields.Items[k].Text, x.Comps.Items[k].Text.s
			if k > 0 {
				c.insert(" and ", field)
			}
			c.insert(" ", field)
			c.add(field)
			c.insert(" "+op+" ", field)
			c.cell(&row.Items[k], op, field)
		}
		c.insert(")", near)
	}
	c.insert(")", near)
	return true
}

// cell writes the value of one field.
func (c *composer) cell(v *Entry, op string, near Text) {
	switch {
	case v.IsList:
		c.insert("(", near)
		for i := range v.Items {
			if i > 0 {
				c.insert(", ", near)
			}
			c.quote(v.Items[i].Text)
		}
		c.insert(")", near)
	case takesList(op) && !strings.HasPrefix(v.Text.s, "("):
		c.insert("(", v.Text)
		c.add(v.Text)
		c.insert(")", v.Text)
	case takesList(op):
		c.add(v.Text)
	default:
		c.quote(v.Text)
	}
}

// quote writes a value, in quotes if there are blanks in it.
func (c *composer) quote(t Text) {
	quoted := strings.Contains(t.s, " ") && t.s[0] != '"' && t.s[0] != '\''
	if quoted {
		c.insert(`"`, t)
	}
	c.add(t)
	if quoted {
		c.insert(`"`, t)
	}
}
