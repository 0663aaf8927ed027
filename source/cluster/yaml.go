package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/tree"
)

// writer writes the nodes of an answer as YAML in block style, as people read objects, so that a finding has a line to point at. What it
// writes is read back to the same values: https://yaml.org/spec/1.2.2/, as far as sigs.k8s.io/yaml goes.
type writer struct {
	out []byte
	// replace gives another text for what stands at a path, or leaves it out. It is asked for each key of a mapping.
	replace func(path []string, n tree.Node) (text string, instead, drop bool)
	path    []string
}

// value writes a node behind "key:" or "-", at a depth of indentation.
func (w *writer) value(n tree.Node, depth int, inSequence bool) {
	switch n.Kind() {
	case tree.Mapping:
		w.mapping(n, depth, inSequence)
	case tree.Sequence:
		if !inSequence {
			depth-- // as kubectl does, a list stands no deeper than its key
		}
		w.sequence(n, max(depth, 0))
	case tree.Scalar:
		w.out = append(w.out, ' ')
		if s, ok := n.Str(); ok {
			w.text(s, depth)
		} else {
			w.out = append(w.out, n.Raw()...)
		}
		w.out = append(w.out, '\n')
	default:
		w.out = append(w.out, " null\n"...)
	}
}

func (w *writer) mapping(n tree.Node, depth int, inSequence bool) {
	first, start := true, len(w.out)
	for key, value := range n.Pairs() {
		name := key.Text()
		w.path = append(w.path, name)
		text, instead, drop := "", false, false
		if w.replace != nil {
			text, instead, drop = w.replace(w.path, value)
		}
		if !drop {
			w.begin(first, inSequence, depth)
			first = false
			w.scalar(name)
			w.out = append(w.out, ':')
			if instead {
				w.out = append(w.out, ' ')
				w.text(text, depth+1)
				w.out = append(w.out, '\n')
			} else {
				w.value(value, depth+1, false)
			}
		}
		w.path = w.path[:len(w.path)-1]
	}
	if first {
		w.out = append(w.out[:start], " {}\n"...)
	}
}

// begin starts an entry of a mapping: the first one of a mapping in a list stands behind the dash.
func (w *writer) begin(first, inSequence bool, depth int) {
	switch {
	case first && inSequence:
		w.out = append(w.out, ' ')
	case first && len(w.out) > 0 && w.out[len(w.out)-1] != '\n':
		w.out = append(w.out, '\n')
		w.indent(depth)
	default:
		w.indent(depth)
	}
}

func (w *writer) sequence(n tree.Node, depth int) {
	if n.Len() == 0 {
		w.out = append(w.out, " []\n"...)
		return
	}
	if len(w.out) > 0 && w.out[len(w.out)-1] != '\n' {
		w.out = append(w.out, '\n')
	}
	for i, item := range n.Items() {
		w.path = append(w.path, strconv.Itoa(i))
		w.indent(depth)
		w.out = append(w.out, '-')
		w.value(item, depth+1, true)
		w.path = w.path[:len(w.path)-1]
	}
}

func (w *writer) indent(depth int) {
	for range depth {
		w.out = append(w.out, ' ', ' ')
	}
}

// text writes a string: several lines as a block, if it can be one.
func (w *writer) text(s string, depth int) {
	if !strings.Contains(s, "\n") || !isBlock(s) {
		w.scalar(s)
		return
	}
	body, chomp := s, "-"
	if strings.HasSuffix(s, "\n") {
		body, chomp = s[:len(s)-1], ""
		if strings.HasSuffix(body, "\n") {
			chomp = "+"
		}
	}
	w.out = append(w.out, '|')
	w.out = append(w.out, chomp...)
	for line := range strings.SplitSeq(body, "\n") {
		w.out = append(w.out, '\n')
		if line != "" {
			w.indent(max(depth, 1))
			w.out = append(w.out, line...)
		}
	}
}

// isBlock reports whether a text of several lines can stand as a block: it begins with a visible character, so that its indentation is
// found, and has nothing in it that has to be escaped.
func isBlock(s string) bool {
	if s[0] == ' ' || s[0] == '\t' || s[0] == '\n' || strings.HasSuffix(s, "\n\n") || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == utf8.RuneError || r >= 0x80 && r < 0xa0 {
			return false
		}
	}
	// A line of blanks alone could be taken for an empty one.
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" && strings.Trim(line, " \t") == "" {
			return false
		}
	}
	return true
}

// scalar writes a string in one line: plain where nobody could take it for something else, and in quotes as JSON writes it.
func (w *writer) scalar(s string) {
	if isPlain(s) {
		w.out = append(w.out, s...)
		return
	}
	w.out = append(w.out, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			w.out = append(w.out, '\\', byte(r))
		case r == '\n':
			w.out = append(w.out, `\n`...)
		case r == '\t':
			w.out = append(w.out, `\t`...)
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff:
			w.out = fmt.Appendf(w.out, `\u%04x`, r)
		default:
			w.out = utf8.AppendRune(w.out, r)
		}
	}
	w.out = append(w.out, '"')
}

// isPlain is narrower than YAML is: a word of letters, digits and a few signs that begins with a letter or a slash, is no boolean and no
// null in any version of YAML, and no number.
func isPlain(s string) bool {
	if s == "" || len(s) > 200 {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
		return false
	}
	// A flag may stand as it is: what follows its dashes makes it no item of a list, and no number.
	word := strings.TrimPrefix(strings.TrimPrefix(s, "-"), "-")
	if word == "" || word != s && (word[0] < 'a' || word[0] > 'z') {
		return false
	}
	for i := range len(word) {
		s, c := word, word[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '/' || c == '_':
		case i > 0 && (c >= '0' && c <= '9' || c == '-' || c == '.' || c == '@' || c == '=' || c == '+'):
		case i > 0 && c == ':' && i+1 < len(s) && s[i+1] != ' ':
		case i > 0 && c == ' ' && i+1 < len(s) && s[i+1] != ' ' && s[i+1] != '#':
		default:
			return false
		}
	}
	return true
}
