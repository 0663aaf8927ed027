package control

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Literals of rules are string, bool, int or int64.

// equals compares a scalar with a literal, by type as JSON does: the string "true" is not true.
func equals(n tree.Node, v any) bool {
	switch v := v.(type) {
	case string:
		return n.StrIs(v)
	case bool:
		b, ok := n.Bool()
		return ok && b == v
	case int:
		i, ok := n.Int()
		return ok && i == int64(v)
	case int64:
		i, ok := n.Int()
		return ok && i == v
	default:
		panic(fmt.Sprintf("control: literal of type %T in a rule", v))
	}
}

func among(n tree.Node, values []any) bool {
	for _, v := range values {
		if equals(n, v) {
			return true
		}
	}
	return false
}

func celString(s string) string { return strconv.Quote(s) }

func celLiteral(v any) string {
	if s, ok := v.(string); ok {
		return celString(s)
	}
	return fmt.Sprint(v)
}

func celList(values []any) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = celLiteral(v)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// enumerate writes values for people: a, b or c.
func enumerate(values []any, last string) string {
	parts := make([]string, len(values))
	for i, v := range values {
		if s, ok := v.(string); ok && s == "" {
			parts[i] = `""`
		} else {
			parts[i] = fmt.Sprint(v)
		}
	}
	switch len(parts) {
	case 0:
		return "nothing"
	case 1:
		return parts[0]
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " " + last + " " + parts[len(parts)-1]
}

// maxShown bounds how much of a value is repeated in a message.
const maxShown = 60

// show writes a value for people in one short line.
func show(n tree.Node) string {
	switch n.Kind() {
	case tree.Scalar:
		text := n.Text()
		if n.Type() == tree.String {
			if text == "" {
				return "empty"
			}
			text = strings.Map(func(r rune) rune {
				if r < ' ' || r == 0x7f {
					return ' '
				}
				return r
			}, text)
		}
		return truncate(text)
	case tree.Mapping:
		return "a mapping"
	case tree.Sequence:
		return "a list"
	default:
		return "missing"
	}
}

func truncate(s string) string {
	if len(s) <= maxShown {
		return s
	}
	cut := maxShown
	for cut > 0 && s[cut]&0xC0 == 0x80 {
		cut--
	}
	return s[:cut] + "…"
}

// isProblem says what is wrong with a value that has the wrong content or the wrong type.
func isProblem(n tree.Node, want any) string {
	if n.Kind() == tree.Scalar && n.Type() == tree.String {
		switch want.(type) {
		case bool:
			return "is the text " + strconv.Quote(truncate(n.Text())) + ", not a boolean"
		case int, int64:
			return "is the text " + strconv.Quote(truncate(n.Text())) + ", not a number"
		}
	}
	if _, ok := want.(string); ok && n.Type() == tree.Bool {
		return "is the boolean " + n.Text() + ", not a text"
	}
	return "is " + show(n)
}
