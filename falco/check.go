package falco

import (
	"net/netip"
	"strconv"
	"strings"
)

// finding is what is wrong with a part of a condition.
type finding struct {
	message string
	hint    string
	code    Code
	unknown bool // a field or an event that does not exist: rules with skip-if-unknown-filter are skipped
	warning bool
	text    *Text
	at      int
	item    string
}

func (f *finding) place() Place {
	if f.text == nil {
		return Place{}
	}
	return f.text.Place(f.at)
}

// checker compiles conditions for one event source as libs' sinsp_filter_compiler does. What it finds in macros is kept, so
// that a macro is walked once whoever refers to it.
type checker struct {
	source string
	hints  int // how many were looked for
	macros map[*Macro][]finding
	open   map[*Macro]bool
}

// maxMacroDepth is how many macros may use each other in a row if they are not defined in this order.
const maxMacroDepth = 10_000

// maxHints bounds how often the nearest name is looked for.
const maxHints = 200

// maxFindings bounds what is told of one condition.
const maxFindings = 200

// check returns what is wrong with e, in the order of the text.
func (c *checker) check(e Expr, text *Text, item string) []finding {
	w := &walk{checker: c, text: text, item: item}
	w.expr(e)
	return w.found
}

// macro returns what is wrong with the condition of a macro.
func (c *checker) macro(m *Macro) []finding {
	if found, ok := c.macros[m]; ok {
		return found
	}
	if c.open[m] || m.Expr == nil {
		return nil
	}
	if len(c.open) > maxMacroDepth {
		return []finding{{message: "macros refer to each other too deep", code: NoteTooLarge, text: &m.expanded, item: m.item()}}
	}
	c.open[m] = true
	found := c.check(m.Expr, &m.expanded, m.item())
	delete(c.open, m)
	c.macros[m] = found
	return found
}

// walk is one pass over one condition.
type walk struct {
	*checker
	text  *Text
	item  string
	found []finding
	// refs are the macros whose findings are there already.
	refs map[*Macro]bool
}

func (w *walk) add(f finding) {
	if len(w.found) >= maxFindings {
		return
	}
	if f.text == nil {
		f.text, f.item = w.text, w.item
	}
	w.found = append(w.found, f)
}

func (w *walk) fail(at Span, message string) {
	w.add(finding{message: message, code: ErrCompileCondition, at: at.Start})
}

func (w *walk) warn(code Code, at Span, message string) {
	w.add(finding{message: message, code: code, at: at.Start, warning: true})
}

func (w *walk) expr(e Expr) {
	switch e := e.(type) {
	case *And:
		for _, t := range e.Terms {
			w.expr(t)
		}
	case *Or:
		for _, t := range e.Terms {
			w.expr(t)
		}
	case *Not:
		w.expr(e.Term)
	case *Check:
		w.comparison(e)
	case *Ref:
		if e.Macro == nil || w.refs[e.Macro] {
			return
		}
		if w.refs == nil {
			w.refs = map[*Macro]bool{}
		}
		w.refs[e.Macro] = true
		for _, f := range w.macro(e.Macro) {
			w.add(f)
		}
	}
}

func (w *walk) comparison(c *Check) {
	w.deprecated(c)
	w.unsafe(c)
	info, ok := w.value(c.Left)
	if !ok {
		return
	}
	if problem := incomparable(c.Op, info); problem != "" {
		w.fail(c.Span, "filter error: "+problem)
		return
	}
	switch r := c.Right.(type) {
	case nil:
	case *Const:
		w.constant(c, info, r)
	case *List:
		for _, v := range r.Values {
			if k, ok := v.(*Const); ok {
				w.constant(c, info, k)
			}
		}
	default:
		if right, ok := w.value(r); ok && !consistent(info, right) {
			w.fail(r.Range(), "filter error: "+describe(c.Left, info)+" while the right-hand side "+describe(r, right))
		}
	}
}

// value checks one side of a comparison that is computed from the event, and returns what it is.
func (w *walk) value(v Value) (fieldInfo, bool) {
	switch v := v.(type) {
	case *Field:
		info, ok := known().lookup(w.source, v)
		if !ok {
			w.add(w.undefined(v))
		}
		return info, ok
	case *Transform:
		return w.transform(v)
	case *List:
		for _, e := range v.Values {
			if _, ok := w.value(e); !ok {
				return fieldInfo{}, false
			}
		}
		return fieldInfo{typ: typeString, list: true}, true
	default:
		return fieldInfo{typ: typeString}, true
	}
}

func (w *walk) undefined(f *Field) finding {
	t := known()
	name := f.Name
	if f.HasArg {
		name += "[" + f.Arg + "]"
	}
	found := finding{message: "filter_check called with nonexistent field " + name, code: ErrCompileCondition, at: f.Start, unknown: true}
	info, ok := t.field(w.source, f.Name)
	switch {
	case ok && info.arg == argNone:
		found.hint = f.Name + " has no argument"
	case ok && info.arg == argAllowed:
		found.hint = "the argument of " + f.Name + " is a number"
	case ok:
		found.hint = f.Name + " needs an argument: " + f.Name + "[…]"
	case w.hints < maxHints:
		w.hints++
		found.hint = t.fieldHint(w.source, f.Name)
	}
	return found
}

// fieldHint says which field may be meant.
func (t *table) fieldHint(source, name string) string {
	for _, other := range Sources() {
		if _, ok := t.sources[other][name]; ok && other != source {
			return "events of source " + other + " have this field, those of " + source + " do not"
		}
	}
	if near := t.nearestField(source, name); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// transform checks a transformer; what is accepted is in libs, sinsp_filter_transformer.cpp.
func (w *walk) transform(t *Transform) (fieldInfo, bool) {
	var first fieldInfo
	for i, a := range t.Args {
		info, ok := w.value(a)
		if !ok {
			return fieldInfo{}, false
		}
		if i == 0 {
			first = info
		}
	}
	accepts := true
	result := first
	switch t.Name {
	case "tolower", "toupper", "basename":
		accepts = first.typ == typeString
	case "b64":
		accepts = first.typ == typeString || first.typ == typeBytes
	case "len":
		accepts = first.list || first.typ == typeString || first.typ == typeBytes
		result = fieldInfo{typ: typeUnsigned}
	case "join", "concat", "getopt":
		return fieldInfo{typ: typeString}, true
	}
	if !accepts && first.typ != typeAny {
		w.fail(t.Span, "filter error: field type is not supported by '"+t.Name+"' transformer")
		return fieldInfo{}, false
	}
	return result, true
}

// comparable lists the operators of a type beside exists (libs, filter_compare.cpp, flt_is_comparable).
func incomparable(op string, info fieldInfo) string {
	if op == "exists" || info.typ == typeAny {
		return ""
	}
	if info.list {
		if op == "in" || op == "intersects" {
			return ""
		}
		return "'" + op + "' operator not supported list filters"
	}
	allowed, kind := " = == != < <= > >= in intersects ", "numeric"
	switch info.typ {
	case typeBool:
		allowed = " = == != in intersects "
	case typeAddress, typeNetwork:
		allowed, kind = " = == != in intersects ", "ip address and network"
	case typeString:
		allowed = " = == != < <= > >= contains in icontains startswith glob pmatch endswith intersects iglob regex "
		kind = "string"
	case typeBytes:
		allowed, kind = " = == != contains in startswith endswith intersects bcontains bstartswith ", "buffer"
	case typeSigned, typeUnsigned, typeDouble, typePort, typeAny:
	}
	if strings.Contains(allowed, " "+op+" ") {
		return ""
	}
	return "'" + op + "' operator not supported for " + kind + " filters"
}

// constant checks a value that the event is compared with.
func (w *walk) constant(c *Check, info fieldInfo, v *Const) {
	w.misused(c, v)
	field, _ := c.Left.(*Field)
	if field != nil && field.Name == "evt.type" {
		w.event(c, v)
	}
	problem := ""
	switch c.Op {
	case "bcontains", "bstartswith":
		if !isHex(v.Text) {
			problem = "filter error: bcontains and bstartswith operator support hex strings only"
		}
	case "regex":
		problem = badPattern(v.Text)
	default:
		problem = badValue(info.typ, v.Text)
	}
	if problem != "" {
		w.fail(v.Span, problem)
	}
}

// event checks the name of an event.
func (w *walk) event(c *Check, v *Const) {
	switch c.Op {
	case "=", "==", "!=", "in", "intersects":
	default:
		return
	}
	if c.Modifier != "" || known().events[v.Text] {
		return
	}
	found := finding{message: "unknown event type " + v.Text, code: ErrCompileCondition, at: v.Start, unknown: true}
	if w.hints++; w.hints < maxHints {
		if near := known().nearestEvent(v.Text); near != "" {
			found.hint = "did you mean " + near + "?"
		}
	}
	w.add(found)
}

func isHex(s string) bool {
	if len(s)%2 != 0 {
		return false
	}
	for i := range len(s) {
		if c := s[i] | 0x20; !digit(s[i]) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// badValue says why a text is no value of a type, "" if it is one (libs, value_parser.cpp, string_to_rawval). What depends on the
// machine, such as the names of ports, is accepted.
func badValue(typ fieldType, s string) string {
	switch typ {
	case typeSigned, typeUnsigned:
		if !isNumber(s) {
			return s + " is not a valid number"
		}
	case typeBool:
		if s != "true" && s != "false" {
			return "filter error: unrecognized boolean value " + s
		}
	case typeAddress:
		return badAddress(s)
	case typeNetwork:
		return badNetwork(s)
	case typeString, typeDouble, typePort, typeBytes, typeAny:
	}
	return ""
}

func isNumber(s string) bool {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	return isIndex(s)
}

func badAddress(s string) string {
	addr, err := netip.ParseAddr(s)
	switch v4 := strings.Contains(s, "."); {
	case v4 && (err != nil || !addr.Is4()):
		return "unrecognized IPv4 address " + s
	case !v4 && (err != nil || addr.Zone() != ""):
		return "unrecognized IPv6 address " + s
	}
	return ""
}

func badNetwork(s string) string {
	ip, mask, ok := strings.Cut(s, "/")
	if !strings.Contains(s, ".") {
		// A network of IPv6 may be a lone address.
		if addr, err := netip.ParseAddr(ip); err != nil || addr.Zone() != "" {
			return "unrecognized IPv6 address " + s
		}
		return ""
	}
	if !ok {
		return "unrecognized IP network " + s
	}
	if addr, err := netip.ParseAddr(ip); err != nil || !addr.Is4() {
		return "unrecognized IP address " + s
	}
	if !isNumber(mask) {
		return mask + " is not a valid number"
	}
	if n, err := strconv.Atoi(strings.TrimSpace(mask)); err != nil || n > 32 || n < 0 {
		return "invalid netmask " + mask
	}
	return ""
}
