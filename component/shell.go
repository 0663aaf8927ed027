package component

import "strings"

// shellWords splits a script that does nothing but run one program, as in sh -c "exec kube-apiserver --a=b". why is not "" if the script
// does more than that or asks the shell for something: then the words are not known. Redirections are left out, as they change no flag.
func shellWords(script string) (words []string, why string) {
	l := shellLexer{rest: strings.TrimSpace(script)}
	for {
		w, more, why := l.next()
		if why != "" {
			return nil, why
		}
		if !more {
			break
		}
		words = append(words, w)
	}
	if len(words) > 0 && words[0] == "exec" {
		words = words[1:]
	}
	if len(words) > 0 && strings.Contains(strings.SplitN(words[0], "/", 2)[0], "=") {
		return nil, "the shell sets variables first"
	}
	return words, ""
}

const notInterpreted = "the command is run by a shell script, which is not interpreted"

type shellLexer struct{ rest string }

// blank skips what separates words.
func (l *shellLexer) blank() {
	for {
		trimmed := strings.TrimLeft(l.rest, " \t")
		trimmed = strings.TrimPrefix(strings.TrimPrefix(trimmed, "\\\n"), "\\\r\n")
		if len(trimmed) == len(l.rest) {
			return
		}
		l.rest = trimmed
	}
}

// next returns the next word that is no redirection.
func (l *shellLexer) next() (w string, more bool, why string) {
	for {
		l.blank()
		if l.rest == "" {
			return "", false, ""
		}
		if !l.redirection() {
			break
		}
		l.blank()
		if _, why := l.word(); why != "" {
			return "", false, why
		}
	}
	w, why = l.word()
	return w, true, why
}

// redirection takes 2>, >>, < or &> from the front.
func (l *shellLexer) redirection() bool {
	s := strings.TrimLeft(l.rest, "0123456789")
	s = strings.TrimPrefix(s, "&")
	for _, op := range []string{">>", ">&", ">|", ">", "<"} {
		if rest, ok := strings.CutPrefix(s, op); ok && !strings.HasPrefix(rest, "(") && !strings.HasPrefix(rest, "<") {
			l.rest = rest
			return true
		}
	}
	return false
}

// word takes one word from the front and removes its quotes.
func (l *shellLexer) word() (w string, why string) {
	var b strings.Builder
	for i := 0; i < len(l.rest); i++ {
		c := l.rest[i]
		switch {
		case i > 0 && (c == ' ' || c == '\t' || c == '>' || c == '<'):
			l.rest = l.rest[i:]
			return b.String(), ""
		case c == '>' || c == '<':
			return "", notInterpreted
		case c == '\'':
			end := strings.IndexByte(l.rest[i+1:], '\'')
			if end < 0 {
				return "", "the script has a quote that does not end"
			}
			b.WriteString(l.rest[i+1 : i+1+end])
			i += end + 1
		case c == '"':
			n, why := doubleQuoted(&b, l.rest[i+1:])
			if why != "" {
				return "", why
			}
			i += n
		case c == '\\' && i+1 < len(l.rest):
			i++
			if l.rest[i] != '\n' {
				b.WriteByte(l.rest[i])
			}
		case strings.IndexByte("$`;&|()\n#*?[]{}!~", c) >= 0 && !harmless(l.rest, i):
			return "", notInterpreted
		default:
			b.WriteByte(c)
		}
	}
	l.rest = ""
	return b.String(), ""
}

// harmless reports whether a character that means something to a shell means itself where it stands in a word.
func harmless(word string, i int) bool {
	switch word[i] {
	case '#', '~':
		return i > 0
	case '*', '?', '[', ']':
		// A pattern that begins with a flag matches no file that anybody has.
		return strings.HasPrefix(word, "--")
	case '!':
		return true
	default:
		return false
	}
}

// doubleQuoted copies what stands in double quotes and returns how many bytes that took, the last quote included.
func doubleQuoted(b *strings.Builder, s string) (n int, why string) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1, ""
		case c == '$' || c == '`':
			return 0, notInterpreted
		case c == '\\' && i+1 < len(s) && strings.IndexByte("\\\"$`\n", s[i+1]) >= 0:
			i++
			if s[i] != '\n' {
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(c)
		}
	}
	return 0, "the script has a quote that does not end"
}
