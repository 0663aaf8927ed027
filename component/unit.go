package component

import (
	"strings"
)

// assignment is Key=value in a unit or an environment file.
type assignment struct {
	section, key, text string
	start, end         int // of the text in the file
}

// parseUnit reads a systemd unit: sections, comments, lines that go on behind a backslash.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.syntax.html
func parseUnit(src []byte) []assignment {
	var out []assignment
	section := ""
	for offset := 0; offset < len(src); {
		text, next := logicalLine(src, offset)
		line := strings.TrimSpace(text)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[' && line[len(line)-1] == ']':
			section = line[1 : len(line)-1]
		default:
			key, _, ok := strings.Cut(text, "=")
			if !ok {
				break
			}
			start := offset + len(key) + 1
			raw := string(src[start:next])
			lead := len(raw) - len(strings.TrimLeft(raw, " \t"))
			end := start + len(strings.TrimRight(raw, " \t\r\n"))
			out = append(out, assignment{section, strings.TrimSpace(key), strings.TrimSpace(joinLines(raw)), min(start+lead, end), end})
		}
		offset = next
	}
	return out
}

// logicalLine returns the text from an offset to the first line end that no backslash takes away, and where the next line begins. A
// comment ends with its line, and between lines that go on it is left out.
func logicalLine(src []byte, offset int) (text string, next int) {
	start := offset // of the line as it stands in the file
	for i := offset; i < len(src); i++ {
		if src[i] != '\n' {
			continue
		}
		end := i
		if end > offset && src[end-1] == '\r' {
			end--
		}
		first := strings.TrimLeft(string(src[start:min(start+64, end)]), " \t")
		comment := strings.HasPrefix(first, "#") || strings.HasPrefix(first, ";")
		goesOn := end > offset && src[end-1] == '\\' && !comment
		if within := start > offset; goesOn || comment && within {
			start = i + 1
			continue
		}
		return string(src[offset:end]), i + 1
	}
	return string(src[offset:]), len(src)
}

// joinLines takes out the line ends behind backslashes, and comment lines between.
func joinLines(s string) string {
	if !strings.Contains(s, "\n") {
		return s
	}
	var b strings.Builder
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		if t := strings.TrimLeft(line, " \t"); b.Len() > 0 && (strings.HasPrefix(t, "#") || strings.HasPrefix(t, ";")) {
			continue
		}
		cut, more := strings.CutSuffix(line, "\\")
		b.WriteString(cut)
		if more {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// parseEnvironmentFile reads what systemd's EnvironmentFile= and /etc/default have: NAME=value, with or without quotes and export.
func parseEnvironmentFile(src []byte) []assignment {
	var out []assignment
	for _, a := range parseUnit(src) {
		a.key = strings.TrimSpace(strings.TrimPrefix(a.key, "export "))
		if a.key == "" || strings.ContainsAny(a.key, " \t\"'") {
			continue
		}
		a.section = ""
		if text := unquote(a.text); text != a.text {
			if len(text) == len(a.text)-2 {
				a.start, a.end = a.start+1, a.end-1
			}
			a.text = text
		}
		out = append(out, a)
	}
	return out
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		s, quote := s[1:len(s)-1], s[0]
		if quote == '"' {
			s = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\$`, `$`).Replace(s)
		}
		return s
	}
	return s
}

// unitWord is one word of an ExecStart= or Environment= line and where it stands in the text.
type unitWord struct {
	text   string
	quoted bool
	// at and end are where it stands in the text, quotes included.
	at, end int
}

// unitWords splits as systemd does: at blanks, with quotes and C escapes. ok is false if a quote does not end.
func unitWords(s string) (words []unitWord, ok bool) {
	var b strings.Builder
	open := false
	at, quote, quoted := 0, byte(0), false
	flush := func(end int) {
		if open {
			words = append(words, unitWord{b.String(), quoted, at, end})
		}
		b.Reset()
		open, quoted = false, false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			flush(i)
			continue
		case quote == 0 && (c == '"' || c == '\''):
			quote, quoted = c, true
		case quote != 0 && c == quote:
			quote = 0
		case c == '\\' && i+1 < len(s) && strings.IndexByte("\\\"' \t$;", s[i+1]) >= 0:
			if !open {
				open, at = true, i
			}
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
		if !open {
			open, at = true, i
		}
	}
	flush(len(s))
	return words, quote == 0
}

// variable is a value of the environment and where it stands: its very bytes, if the place is as long as the text.
type variable struct {
	text  string
	place Place
}

// within returns the place of a part of a text that stands at a place, or that of the whole text if it is not written as it is read.
func (p Place) within(text string, from, to int) Place {
	if p.End-p.Start == len(text) {
		p.Start, p.End = p.Start+from, p.Start+to
	}
	return p
}

// expand replaces variables in the words of a command line as systemd does: $NAME that is a word of its own becomes the words of its value,
// ${NAME} its value, an unset one nothing. Which variables count as unset is the caller's question: it gets the name.
// https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html#Command%20lines
func expand(text string, words []unitWord, place Place, lookup func(name string) (v variable, why string)) []word {
	var out []word
	total := 0 // bytes of variables
	for _, w := range words {
		if len(out) > maxWords || total > maxExpansion {
			return append(out, word{"", place, "the command line is too long"})
		}
		if name, ok := wholeVariable(w); ok {
			v, why := lookup(name)
			if why != "" {
				out = append(out, word{"$" + name, place.within(text, w.at, w.end), why})
				continue
			}
			total += len(v.text)
			inner, _ := unitWords(v.text)
			for _, x := range inner {
				out = append(out, word{text: x.text, place: v.place.within(v.text, x.at, x.end)})
			}
			continue
		}
		expanded, opaque := expandBraces(w.text, lookup)
		total += max(0, len(expanded)-len(w.text))
		out = append(out, word{expanded, place.within(text, w.at, w.end), opaque})
	}
	return out
}

func wholeVariable(w unitWord) (name string, ok bool) {
	name, ok = strings.CutPrefix(w.text, "$")
	return name, ok && !w.quoted && isName(name)
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// maxExpansion bounds the text that the variables of a command line may grow to, in bytes; maxWords the words of a command line.
const (
	maxExpansion = 1 << 20
	maxWords     = 1 << 16
)

func expandBraces(s string, lookup func(string) (variable, string)) (text, opaque string) {
	if !strings.Contains(s, "$") {
		return s, ""
	}
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "$")
		b.WriteString(before)
		if !ok || b.Len() > maxExpansion {
			return b.String(), opaque
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			s = rest[1:]
		case strings.HasPrefix(rest, "{"):
			name, after, closed := cutName(rest, "{", "}")
			if !closed || !isName(name) {
				b.WriteByte('$')
				s = rest
				continue
			}
			v, why := lookup(name)
			b.WriteString(v.text)
			if why != "" {
				opaque = why
			}
			s = after
		default:
			b.WriteByte('$')
			s = rest
		}
	}
}
