// Package secretscan finds credentials in texts: those of known formats wherever they are, and passwords, tokens and keys by the
// name that they are assigned to.
//
// It says what was found and where, never the value. Placeholders, references and other values that only look like secrets
// are left out: a false alarm costs more trust than a missed word. It knows nothing of Kubernetes, keeps no state,
// and needs time linear in the text.
package secretscan

import (
	"iter"
	"strings"
)

// Match is a credential in a text.
type Match struct {
	// Kind says what it is, to be read behind "has": "a GitHub token".
	Kind string
	// Start and End are the bytes of the text that must not be shown.
	Start, End int
}

// Text yields the credentials in a text of any sort: configuration files, scripts, command lines, headers. They are in order
// and do not overlap.
func Text(text string) iter.Seq[Match] {
	return func(yield func(Match) bool) {
		s := scanner{text: text}
		for i := 0; i < len(text); i++ {
			m, ok := s.at(i)
			if !ok {
				continue
			}
			if !yield(m) {
				return
			}
			i = max(i, m.End-1)
		}
	}
}

// Has returns the first credential in a text.
func Has(text string) (m Match, ok bool) {
	for m := range Text(text) {
		return m, true
	}
	return m, false
}

// Named judges a value by the name that it is assigned to, such as that of an environment variable, and by itself.
func Named(name, value string) (Match, bool) {
	if m, ok := Has(value); ok {
		return m, true
	}
	trimmed := strings.TrimSpace(value)
	if kind := judge(nameOf(name), trimmed, false); kind != "" {
		start := strings.Index(value, trimmed)
		return Match{Kind: kind, Start: start, End: start + len(trimmed)}, true
	}
	return Match{}, false
}

// Stored judges a value that is kept where secrets are kept, under a name: there it takes less to be one.
func Stored(name, value string) (Match, bool) {
	if m, ok := Named(name, value); ok {
		return m, true
	}
	trimmed := strings.TrimSpace(value)
	if isHarmless(name) || strings.ContainsAny(trimmed, "\n\r") || !couldBeSecret(trimmed) || isWords(trimmed) || len(trimmed) < 6 {
		return Match{}, false
	}
	start := strings.Index(value, trimmed)
	return Match{Kind: "a value", Start: start, End: start + len(trimmed)}, true
}

// scanner walks a text once. An assignment is judged at its separator; what it found begins behind it.
type scanner struct {
	text string
	// until is the end of a value that was judged; separators in it assign nothing.
	until int
}

func (s *scanner) at(i int) (Match, bool) {
	c := s.text[i]
	if isWord(c) || c == '-' {
		if i > 0 && isWord(s.text[i-1]) {
			return Match{}, false
		}
		return format(s.text, i)
	}
	switch c {
	case ':':
		if m, ok := userInfo(s.text, i); ok {
			return m, true
		}
		return s.assignment(i)
	case '=':
		return s.assignment(i)
	case ' ':
		return s.flag(i)
	}
	return Match{}, false
}

// assignment judges name: value and name=value, with or without quotes around either.
func (s *scanner) assignment(sep int) (Match, bool) {
	if sep < s.until {
		return Match{}, false
	}
	text := s.text
	end := sep
	for end > 0 && (text[end-1] == ' ' || text[end-1] == '"' || text[end-1] == '\'' || text[end-1] == '\\') && sep-end < 8 {
		end--
	}
	begin := end
	for begin > 0 && end-begin < maxName && (isWord(text[begin-1]) || text[begin-1] == '-' || text[begin-1] == '.') {
		begin--
	}
	if name := text[begin:end]; name == "auth" || name == "_auth" {
		return registryAuth(text, sep+1)
	}
	class := nameOf(text[begin:end])
	if class == unknown || class == harmless {
		return Match{}, false
	}
	start, stop, quoted := valueAt(text, sep+1)
	if start == stop {
		return Match{}, false
	}
	kind := judge(class, text[start:stop], !quoted)
	if kind == "" || !quoted && text[sep] == ':' && sep+1 < len(text) && text[sep+1] != ' ' && text[sep+1] != '"' {
		return Match{}, false
	}
	s.until = stop
	if m, ok := format(text, start); ok && m.End <= stop {
		kind = m.Kind
	}
	return Match{Kind: kind, Start: start, End: stop}, true
}

// flag judges --password VALUE.
func (s *scanner) flag(space int) (Match, bool) {
	text := s.text
	begin := space
	for begin > 0 && space-begin < maxName && (isWord(text[begin-1]) || text[begin-1] == '-') {
		begin--
	}
	if option := text[begin:space]; option == "-u" || option == "--user" {
		return userOption(text, space+1)
	} else if !strings.HasPrefix(option, "--") {
		return Match{}, false
	}
	class := nameOf(text[begin:space])
	if class == unknown || class == harmless {
		return Match{}, false
	}
	start, stop, quoted := valueAt(text, space+1)
	if start == stop || text[start] == '-' {
		return Match{}, false
	}
	if kind := judge(class, text[start:stop], !quoted); kind != "" {
		return Match{Kind: kind, Start: start, End: stop}, true
	}
	return Match{}, false
}

const (
	maxName  = 80
	maxValue = 4096
)

// valueAt returns the bounds of the value that starts at i or behind blanks: what is in quotes, or what reaches to a blank, a comma
// or the end of the line.
func valueAt(text string, i int) (start, stop int, quoted bool) {
	for i < len(text) && (text[i] == ' ' || text[i] == '\t' || text[i] == '=' || text[i] == '>') {
		i++
	}
	for i < len(text) && text[i] == '\\' {
		i++ // the quotes of JSON in JSON
	}
	if i < len(text) && (text[i] == '"' || text[i] == '\'') {
		q := text[i]
		for j := i + 1; j < len(text) && j-i < maxValue && text[j] != '\n'; j++ {
			if text[j] == q {
				end := j
				for end > i+1 && text[end-1] == '\\' {
					end--
				}
				return i + 1, end, true
			}
		}
		return i, i, false
	}
	j := i
	for j < len(text) && j-i < maxValue && !strings.ContainsRune(" \t\r\n,;\"'&|`", rune(text[j])) {
		j++
	}
	// More words in the line make it prose or code, unless a comment or another assignment follows.
	rest := text[j:min(len(text), j+2*maxName)]
	if end := strings.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	rest = strings.TrimLeft(rest, " \t\r")
	if rest != "" && text[j] != ',' && text[j] != ';' && text[j] != '&' && rest[0] != '#' && rest[0] != '-' && rest[0] != '"' && rest[0] != '\'' &&
		rest[0] != '&' && rest[0] != '|' && !assigns(rest) {
		return i, i, false
	}
	return i, j, false
}

// assigns reports whether a line starts with name=, as in a connection string.
func assigns(line string) bool {
	i := 0
	for i < len(line) && i < maxName && (isWord(line[i]) || line[i] == '-') {
		i++
	}
	return i > 0 && i < len(line) && line[i] == '='
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}
