package falco

import "strings"

// escape quotes a string if it has to be (libs, filter/escaping.cpp, escape_str).
func escape(s string) string {
	if !strings.ContainsAny(s, "\b\f\n\r\t \\\"'") {
		return s
	}
	return quote(s)
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\b':
			b.WriteString(`\b`)
		case '\f':
			b.WriteString(`\f`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\\', '"':
			b.WriteByte('\\')
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// unescape decodes a string in quotes (libs, filter/escaping.cpp, unescape_str); the problem is "" if it can be.
func unescape(s string) (decoded, problem string) {
	quote, s := s[0], s[1:len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s, ""
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			break
		}
		switch c := s[i]; c {
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case ' ', '\\': // libs keeps the backslash of an escaped blank and drops the blank, for the sake of old rules
			b.WriteByte('\\')
		case '/':
			b.WriteByte('/')
		case '"', '\'':
			if c != quote {
				return "", "invalid \\" + string(c) + " escape in " + string(quote) + "-quoted string"
			}
			b.WriteByte(c)
		default:
			return "", "unsupported string escape sequence: \\" + string(rune(c))
		}
	}
	return b.String(), ""
}
