package falco

import "strings"

// blanks skips blanks and says whether there were any. It is the only token that last does not show.
func (p *parser) blanks() bool {
	start := p.at
	for p.at < len(p.in) && blank(p.in[p.at]) {
		p.at++
	}
	return p.at > start
}

// word reads exactly s.
func (p *parser) word(s string) bool {
	if !strings.HasPrefix(p.in[p.at:], s) {
		return false
	}
	p.last = s
	p.at += len(s)
	return true
}

// operator reads one of ops. An operator that needs a blank behind it and has none is none, and its bytes are gone.
func (p *parser) operator(ops []string) bool {
	for _, op := range ops {
		name := strings.TrimSuffix(op, " ")
		if p.word(name) {
			return name == op || p.blanks()
		}
	}
	return false
}

// transformer reads the name of a transformer and the parenthesis behind it.
func (p *parser) transformer() bool {
	for _, t := range transformers {
		if strings.HasPrefix(p.in[p.at:], t) && strings.HasPrefix(p.in[p.at+len(t):], "(") {
			return p.word(t + "(")
		}
	}
	return false
}

// take reads n bytes if there are any to read.
func (p *parser) take(n int) bool {
	if n <= 0 {
		return false
	}
	p.last = p.in[p.at : p.at+n]
	p.at += n
	return true
}

// notBlank reads not and the blanks behind it.
func (p *parser) notBlank() bool {
	in := p.in[p.at:]
	if !strings.HasPrefix(in, "not") {
		return false
	}
	n := 3
	for n < len(in) && space(in[n]) {
		n++
	}
	return n > 3 && p.take(n)
}

// space is [:space:].
func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func digit(c byte) bool { return c >= '0' && c <= '9' }

// identifierLength is how many bytes of s are [a-zA-Z]+[a-zA-Z0-9_]*.
func identifierLength(s string) int {
	if s == "" || !letter(s[0]) {
		return 0
	}
	n := 1
	for n < len(s) && (letter(s[n]) || digit(s[n]) || s[n] == '_') {
		n++
	}
	return n
}

func (p *parser) identifier() bool { return p.take(identifierLength(p.in[p.at:])) }

// fieldName reads identifiers with dots between them, two or more.
func (p *parser) fieldName() bool { return p.take(fieldNameLength(p.in[p.at:])) }

func fieldNameLength(in string) int {
	n := identifierLength(in)
	dots := 0
	for n > 0 && n < len(in) && in[n] == '.' {
		k := identifierLength(in[n+1:])
		if k == 0 {
			break
		}
		n += 1 + k
		dots++
	}
	if dots == 0 {
		return 0
	}
	return n
}

func (p *parser) run(allowed func(c byte) bool) bool {
	n := 0
	for in := p.in[p.at:]; n < len(in) && allowed(in[n]); n++ {
	}
	return p.take(n)
}

func (p *parser) bareArgument() bool {
	return p.run(func(c byte) bool { return !space(c) && c != '[' && c != ']' && c != '"' && c != '\'' })
}

func bareByte(c byte) bool { return !space(c) && strings.IndexByte(`()"'=,`, c) < 0 }

func (p *parser) bareString() bool { return p.run(bareByte) }

func (p *parser) hexNumber() bool {
	in := p.in[p.at:]
	if len(in) < 3 || in[0] != '0' || in[1] != 'x' && in[1] != 'X' {
		return false
	}
	n := 2
	for n < len(in) && (digit(in[n]) || in[n] >= 'a' && in[n] <= 'f' || in[n] >= 'A' && in[n] <= 'F') {
		n++
	}
	return n > 2 && p.take(n)
}

// number reads [+-]?[0-9]+[.]?[0-9]*([eE][+-][0-9]+)?
func (p *parser) number() bool {
	in := p.in[p.at:]
	digits := func(n int) int {
		for n < len(in) && digit(in[n]) {
			n++
		}
		return n
	}
	n := 0
	if in != "" && (in[0] == '+' || in[0] == '-') {
		n++
	}
	whole := digits(n)
	if whole == n {
		return false
	}
	n = whole
	if n < len(in) && in[n] == '.' {
		n = digits(n + 1)
	}
	if n+2 < len(in) && (in[n] == 'e' || in[n] == 'E') && (in[n+1] == '+' || in[n+1] == '-') && digit(in[n+2]) {
		n = digits(n + 2)
	}
	return p.take(n)
}

// quoted reads a string in quotes. A quote that is never closed is no string.
func (p *parser) quoted() (bool, error) {
	in := p.in[p.at:]
	if in == "" || in[0] != '"' && in[0] != '\'' {
		return false, nil
	}
	for i := 1; i < len(in); i++ {
		// libs looks at the one byte before: the quote in "\\" does not close the string.
		if in[i] != in[0] || in[i-1] == '\\' {
			continue
		}
		p.at += i + 1
		text, problem := unescape(in[:i+1])
		if problem != "" {
			return false, p.fail(problem)
		}
		p.last = text
		return true, nil
	}
	return false, nil
}
