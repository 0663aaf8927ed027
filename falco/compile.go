package falco

import (
	"errors"
	"slices"
	"strings"
)

// compiler is the state of compiling (rule_loader_compiler.cpp).
type compiler struct {
	substitution *substitution
	checkers     map[string]*checker
	events       *eventWalk
}

// compileAll compiles what has changed since the last file; at the end everything, and tells what is not used.
func (l *loader) compileAll(last bool) {
	l.substitution = l.newSubstitution()
	l.events = &eventWalk{known: map[eventKey]EventTypes{}}
	l.checkers = map[string]*checker{}
	for _, m := range l.macros {
		if last || m.changed {
			m.Used = false
			l.parseMacro(m)
		}
	}
	for _, m := range l.macros {
		if last || m.changed {
			l.resolve(m.Expr, &m.expanded, m.visibility, m.item(), &m.broken)
		}
	}
	l.loops()
	// In their order, so that macros that use macros that use macros do not nest as deep.
	for _, m := range l.macros {
		l.events.macro(m, false)
		l.events.macro(m, true)
	}
	for _, r := range l.rules {
		if last || r.changed {
			r.settle()
			l.compileRule(r)
		}
		r.changed = false
	}
	for _, m := range l.macros {
		m.changed = false
	}
	// Falco does not get that far if there is an error, and then nobody knows what else would be used.
	if last && l.result.OK() {
		l.unused()
	}
}

func (l *loader) unused() {
	for _, m := range l.macros {
		if !m.Used {
			l.warn(WarnUnusedMacro, m.Place, m.item(), "Macro not referred to by any other rule/macro", "")
		}
	}
	for _, list := range l.lists {
		if !list.Used {
			l.warn(WarnUnusedList, list.Place, list.item(), "List not referred to by any other rule/macro", "")
		}
	}
}

// parse puts lists into a condition and parses it.
func (l *loader) parse(condition Text, place Place, item string) (Expr, Text, bool) {
	text, ok := l.substitution.apply(condition)
	if !ok {
		l.tooLarge(place, item)
		return nil, condition, false
	}
	e, err := ParseCondition(text.s)
	if err == nil {
		return e, text, true
	}
	at := text.Place(0)
	message, hint := err.Error(), ""
	if syntax, ok := errors.AsType[*SyntaxError](err); ok {
		at, message = text.Place(syntax.Offset), syntax.Message
		hint = syntaxHint(text.s, syntax.Offset)
	}
	if at == (Place{}) {
		at = place
	}
	l.add(Problem{Level: Error, Code: ErrCompileCondition, Message: message, Hint: hint, Item: item, Place: at})
	return nil, text, false
}

// syntaxHint says what stands at the place of an error.
func syntaxHint(s string, offset int) string {
	if offset >= len(s) {
		return "the condition ends here"
	}
	word := s[offset:]
	if i := strings.IndexAny(word, " \t\r\n"); i > 0 {
		word = word[:i]
	}
	return "at '" + word[:min(len(word), maxName)] + "'"
}

func (l *loader) parseMacro(m *Macro) {
	m.Condition = m.parts.text()
	var ok bool
	m.Expr, m.expanded, ok = l.parse(m.Condition, m.Place, m.item())
	m.broken = !ok
}

// everything is a visibility that hides no macro.
const everything = int(^uint(0) >> 1)

// resolve connects the names of macros in e with the macros that are visible.
func (l *loader) resolve(e Expr, text *Text, visibility int, item string, broken *bool) {
	switch e := e.(type) {
	case *And:
		for _, t := range e.Terms {
			l.resolve(t, text, visibility, item, broken)
		}
	case *Or:
		for _, t := range e.Terms {
			l.resolve(t, text, visibility, item, broken)
		}
	case *Not:
		l.resolve(e.Term, text, visibility, item, broken)
	case *Ref:
		m := l.macroByName[e.Name]
		if m != nil && m.index < visibility {
			e.Macro = m
			m.Used = true
			return
		}
		*broken = true
		if l.unsure || l.lostNames[e.Name] {
			return
		}
		hint := ""
		if m != nil {
			m.Used = true
			hint = "it is defined only later, at " + m.Place.String()
			if m.item() == item {
				hint = "a macro cannot use itself"
			}
		} else {
			hint = l.macroHint(e.Name)
		}
		l.add(Problem{
			Level: Error, Code: ErrValidate, Message: "Undefined macro '" + e.Name + "' used in filter.", Hint: hint, Item: item,
			Place: text.Place(e.Start), Missing: e.Name,
		})
	}
}

// defaultMacros are the macros that Falco's documentation tells people to use
// (https://falco.org/docs/reference/rules/default-macros/).
var defaultMacros = []string{
	"always_true", "bin_dir", "container", "inbound", "inbound_outbound", "interactive", "mkdir", "modify", "never_true", "open_read", "open_write",
	"outbound", "proc_is_new", "proc_name_exists", "remove", "rename", "sensitive_files", "shell_procs", "spawned_process",
}

// macroHint says which macro, or what else, may be meant.
func (l *loader) macroHint(name string) string {
	if l.listByName[name] != nil {
		return "there is a list of this name, but no macro"
	}
	if slices.Contains(defaultMacros, name) {
		return "Falco's own falco_rules.yaml defines it: it has to be read before this file"
	}
	if l.hints++; l.hints > maxHints {
		return ""
	}
	names := make([]string, 0, len(l.macros))
	for _, m := range l.macros {
		names = append(names, m.Name)
	}
	if near := nearest(name, names); near != "" {
		return "did you mean " + near + "?"
	}
	return ""
}

// String writes a place as compilers do.
func (p Place) String() string {
	if p.File == "" {
		return ""
	}
	return p.File + ":" + itoa(p.Line) + ":" + itoa(p.Column)
}

// refs are the macros that e names.
func refs(e Expr, to func(*Ref)) {
	switch e := e.(type) {
	case *And:
		for _, t := range e.Terms {
			refs(t, to)
		}
	case *Or:
		for _, t := range e.Terms {
			refs(t, to)
		}
	case *Not:
		refs(e.Term, to)
	case *Ref:
		to(e)
	}
}

// compileRule compiles one rule (rule_loader_compiler.cpp, compile_rule_infos).
func (l *loader) compileRule(r *Rule) {
	r.Expr, r.Loaded = nil, false
	if r.unknownSource {
		l.mentioned(r)
		return
	}
	condition, ok := l.withExceptions(r)
	if !ok {
		return
	}
	ok, skipped := l.checkOutput(r)
	if skipped {
		l.mentioned(r)
		return
	}
	e, text, parsed := l.parse(condition, r.Place, r.item())
	if !parsed {
		return
	}
	broken := false
	l.resolve(e, &text, everything, r.item(), &broken)
	refs(e, func(ref *Ref) { broken = broken || ref.Macro == nil || ref.Macro.broken })
	found := l.checkCondition(r, e, &text)
	if !ok || broken || !found {
		return
	}
	r.Expr, r.Compiled, r.Loaded = e, text, true
	if r.Source == SyscallSource && r.WarnEventTypes && l.events.expr(e, false).tooMany() {
		l.warn(WarnNoEventType, r.Place, r.item(),
			"Rule matches too many evt.type values. This has a significant performance penalty.", "add a condition on evt.type")
	}
}

// mentioned marks what a rule that is not compiled refers to, so that nobody deletes it: the rule is there for other
// configurations of Falco.
func (l *loader) mentioned(r *Rule) {
	condition, ok := l.withExceptions(r)
	if !ok {
		return
	}
	text, ok := l.substitution.apply(condition)
	if !ok {
		return
	}
	if e, err := ParseCondition(text.s); err == nil {
		refs(e, func(ref *Ref) {
			if m := l.macroByName[ref.Name]; m != nil {
				m.Used = true
			}
		})
	}
}

// checkCondition tells what is wrong with a condition that could be parsed, and whether the rule is loaded.
func (l *loader) checkCondition(r *Rule, e Expr, text *Text) bool {
	c := l.checkers[r.Source]
	if c == nil {
		c = &checker{source: r.Source, macros: map[*Macro][]finding{}, open: map[*Macro]bool{}}
		l.checkers[r.Source] = c
		for _, m := range l.macros {
			c.macro(m)
		}
	}
	loaded := true
	for _, f := range c.check(e, text, r.item()) {
		p := Problem{Level: Error, Code: f.code, Message: f.message, Hint: f.hint, Item: f.item, Place: f.place()}
		switch {
		case f.warning:
			p.Level = Warning
		case f.unknown && r.SkipIfUnknownFilter:
			p.Level, p.Code = Warning, WarnUnknownFilter
			p.Item = r.item()
			loaded = false
		default:
			loaded = false
		}
		l.add(p)
	}
	return loaded
}

// loops finds macros that refer to each other in a circle. Falco refuses them.
func (l *loader) loops() {
	state := map[*Macro]int{} // 1 is on the way, 2 is done
	type step struct {
		macro *Macro
		refs  []*Ref
		via   *Ref // what led here
	}
	for _, root := range l.macros {
		if state[root] != 0 {
			continue
		}
		stack := []step{{macro: root, refs: l.refsOf(root)}}
		state[root] = 1
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.refs) == 0 {
				state[top.macro] = 2
				stack = stack[:len(stack)-1]
				if len(stack) > 0 && top.macro.broken {
					stack[len(stack)-1].macro.broken = true
				}
				continue
			}
			ref := top.refs[0]
			top.refs = top.refs[1:]
			switch state[ref.Macro] {
			case 0:
				state[ref.Macro] = 1
				stack = append(stack, step{ref.Macro, l.refsOf(ref.Macro), ref})
			case 1:
				top.macro.broken = true
				// Falco looks from the first macro on, and names the one that it comes to for the second time.
				at, named := top.macro, ref
				if ref.Macro == root && len(stack) > 1 {
					at, named = root, stack[1].via
				}
				l.invalid(at.expanded.Place(named.Start), at.item(), "reference loop in macro '"+named.Name+"'", "")
				ref.Macro = nil
			default:
				if ref.Macro.broken {
					top.macro.broken = true
				}
			}
		}
	}
}

func (l *loader) refsOf(m *Macro) []*Ref {
	var all []*Ref
	refs(m.Expr, func(r *Ref) {
		if r.Macro != nil {
			all = append(all, r)
		}
	})
	return slices.Clip(all)
}
