package falco

import "strings"

// formatError says what is wrong with an output, and at which byte.
type formatError struct {
	message, hint string
	offset        int
	unknown       bool
}

// checkOutput checks the output of a rule. If it names a field that does not exist, and the rule says so, the rule is skipped.
func (l *loader) checkOutput(r *Rule) (ok, skipped bool) {
	item := r.item()
	const info = "%container.info"
	out := r.Output
	bad := false
	if at := strings.Index(out.s, info); at >= 0 {
		l.warn(WarnDeprecatedItem, out.Place(at), item, "%container.info is deprecated and no more useful, and will be dropped by Falco 1.0.0. "+
			"The container plugin will automatically add required fields to the output message.", "")
	}
	for _, e := range checkFormat(r.Source, out.s) {
		p := Problem{Level: Error, Code: ErrCompileOutput, Message: e.message, Hint: e.hint, Item: item, Place: out.Place(e.offset)}
		if e.unknown && r.SkipIfUnknownFilter {
			p.Level, p.Code = Warning, WarnUnknownFilter
			l.add(p)
			return true, true
		}
		l.add(p)
		bad = true
	}
	if bad {
		return false, false
	}
	for _, d := range deprecatedFields {
		if k := strings.Index(out.s, d); k >= 0 {
			l.warn(WarnDeprecatedItem, out.Place(k), item, "usage of deprecated field '"+d+"' has been detected in the rule output", deprecatedHint(d))
		}
	}
	return true, false
}

// checkFormat checks an output (libs, eventformatter.cpp, set_format): %field, %20field, %transformer(field).
func checkFormat(source, s string) []formatError {
	if s == "" || s == "*" {
		return []formatError{{message: "empty formatting token"}}
	}
	var errs []formatError
	for i := 0; i < len(s) && len(errs) < maxFindings; {
		if s[i] != '%' {
			i++
			continue
		}
		start := i
		i++
		for i < len(s) && digit(s[i]) {
			i++
		}
		switch {
		case i == len(s) && i == start+1:
			return append(errs, formatError{message: "invalid formatting syntax: formatting cannot end with a %", offset: start})
		case i == len(s):
			return append(errs, formatError{message: "invalid formatting syntax: formatting cannot end with a number", offset: start})
		}
		n, e := formatToken(source, s[i:])
		if e != nil {
			e.offset += i
			errs = append(errs, *e)
		}
		i += n
	}
	return errs
}

// formatToken checks what stands behind a percent sign and returns how long it is.
func formatToken(source, s string) (int, *formatError) {
	p := &parser{in: s}
	if p.transformer() {
		t, err := p.transform(0)
		if err != nil {
			return 1, &formatError{message: "invalid formatting token " + tokenOf(s), hint: err.Error()}
		}
		w := &walk{checker: &checker{source: source}, text: &Text{}}
		if w.value(t); len(w.found) > 0 {
			f := w.found[0]
			return p.at, &formatError{message: "invalid formatting token " + tokenOf(s[f.at:]), hint: f.hint, offset: f.at, unknown: f.unknown}
		}
		return p.at, nil
	}
	token := tokenOf(s)
	if n := fieldPrefix(source, s, token); n > 0 {
		return n, nil
	}
	e := &formatError{message: "invalid formatting token " + token, unknown: true}
	e.hint = known().fieldHint(source, strings.TrimRight(token, "."))
	if info, ok := known().field(source, token); ok && info.arg >= argRequired {
		e.hint = token + " needs an argument: " + token + "[…]"
	}
	return max(1, len(token)), e
}

// tokenOf is what looks like the name of a field at the beginning of s.
func tokenOf(s string) string {
	n := 0
	for n < len(s) && n < 4*maxName && (letter(s[n]) || digit(s[n]) || s[n] == '_' || s[n] == '.') {
		n++
	}
	return s[:n]
}

// fieldPrefix returns how many bytes of s are a field: the longest name that s begins with, and its argument. Falco does not ask for
// an end of the name.
func fieldPrefix(source, s, token string) int {
	t := known()
	if t.sources[source] == nil && fieldNameLength(token) > 0 {
		return fieldNameLength(token)
	}
	for n := len(token); n > 0; n-- {
		info, ok := t.field(source, token[:n])
		if !ok {
			continue
		}
		rest := s[n:]
		switch {
		case info.arg != argNone && strings.HasPrefix(rest, "["):
			end := strings.IndexByte(rest, ']')
			if end > 1 {
				return n + end + 1
			}
			return 0
		case info.arg == argDotted && strings.HasPrefix(rest, "."):
			if name := identifierLength(rest[1:]); name > 0 {
				return n + 1 + name
			}
			return 0
		case info.arg == argRequired || info.arg == argDotted:
			return 0
		default:
			return n
		}
	}
	return 0
}
