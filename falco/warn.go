package falco

import "strings"

// deprecatedFields are always unset since enter events are gone (falco, falco_load_result.cpp, deprecated_fields).
var deprecatedFields = []string{"evt.dir", "evt.latency", "evt.latency.s", "evt.latency.ns", "evt.latency.human", "evt.wait_latency"}

// deprecatedHint says what to do about a field that is deprecated.
func deprecatedHint(field string) string {
	if field == "evt.dir" {
		return "due to the drop of enter events, 'evt.dir = <' always evaluates to true, and 'evt.dir = >' always evaluates to false; " +
			"remove the condition on 'evt.dir'"
	}
	return "the field is not available due to the drop of enter events"
}

// deprecated warns of fields that tell nothing any more.
func (w *walk) deprecated(c *Check) {
	f := fieldOf(c.Left)
	if f == nil {
		return
	}
	for _, d := range deprecatedFields {
		if f.Name == d {
			w.add(finding{
				message: "usage of deprecated field '" + d + "' has been detected in the rule condition", hint: deprecatedHint(d),
				code: WarnDeprecatedItem, at: f.Start, warning: true,
			})
		}
	}
}

// fieldOf is the field that a side of a check looks at first, nil if there is none.
func fieldOf(v Value) *Field {
	for {
		switch t := v.(type) {
		case *Field:
			return t
		case *Transform:
			if len(t.Args) == 0 {
				return nil
			}
			v = t.Args[0]
		default:
			return nil
		}
	}
}

// unsafe warns of comparisons with <NA> (falco, filter_warning_resolver.cpp).
func (w *walk) unsafe(c *Check) {
	f := fieldOf(c.Left)
	if f == nil || !strings.HasPrefix(f.Name, "ka.") && !strings.HasPrefix(f.Name, "jevt.") {
		return
	}
	switch c.Op {
	case "=", "==", "!=", "in", "intersects", "pmatch":
	default:
		return
	}
	for _, k := range constants(c.Right) {
		if k.Text == "<NA>" {
			w.add(finding{
				message: "comparing a field value with <NA> is unsafe and can lead to unpredictable behavior of the rule condition",
				hint:    "to check that the field has a value, use the operator 'exists'", code: WarnUnsafeNACheck, at: k.Start, warning: true,
			})
			return
		}
	}
}

// constants are the values that stand in the condition.
func constants(v Value) []*Const {
	switch v := v.(type) {
	case *Const:
		return []*Const{v}
	case *List:
		all := make([]*Const, 0, len(v.Values))
		for _, e := range v.Values {
			if k, ok := e.(*Const); ok {
				all = append(all, k)
			}
		}
		return all
	default:
		return nil
	}
}

// misused warns of values that look like something else (libs, filter.cpp, check_value_and_add_warnings).
func (w *walk) misused(c *Check, v *Const) {
	if c.Op == "regex" && plainRegex(v.Text) {
		w.warn(WarnCompileCondition, v.Span,
			"regex check with '"+v.Text+"' may be optimized with simpler operators such as '=', 'contains', 'startswith', 'endswith'")
	}
	// Most values hold nothing that a field or a transformer would have.
	if strings.IndexByte(v.Text, '.') < 0 && strings.IndexByte(v.Text, '(') < 0 {
		return
	}
	bare := strings.Join(strings.Fields(v.Text), "")
	if e, err := ParseCondition(bare + " exists"); err == nil {
		if k, ok := e.(*Check); ok {
			if f, ok := k.Left.(*Field); ok {
				if _, defined := known().lookup(w.source, f); defined {
					w.warn(WarnCompileCondition, v.Span, "'"+v.Text+"' may be a valid field misused as a const string value")
				}
			}
		}
	}
	for _, t := range append([]string{"val"}, transformers...) {
		if strings.HasPrefix(bare, t+"(") && strings.HasSuffix(bare, ")") {
			w.warn(WarnCompileCondition, v.Span, "'"+v.Text+"' may be a valid field transformer misused as a const string value")
		}
	}
}

// plainRegex reports whether a regular expression has nothing special but anchors and .* at its ends.
func plainRegex(s string) bool {
	for i := 0; i < len(s); i++ {
		if i == 0 && s[i] == '^' || i == len(s)-1 && s[i] == '$' {
			continue
		}
		if (i == 0 && len(s) > 1 || i == len(s)-2) && s[i] == '.' && strings.IndexByte("+*?", s[i+1]) >= 0 {
			i++
			continue
		}
		if strings.IndexByte(".+*?^$()[]{}|\\", s[i]) >= 0 {
			return false
		}
	}
	return true
}
