package practice

import (
	"encoding/base64"
	"math"
	"strings"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/quantity"
	"github.com/kubeharden/kubeharden/tree"
)

// conform compares a value with a type as the API server decodes it strictly, calls fail for what does not fit, and says
// whether to go on. Null fits everything.
func (s *schema) conform(n tree.Node, t typ, fail control.FailFunc) bool {
	if !n.Exists() || n.IsNull() || t == "x" {
		return true
	}
	if line, ok := s.structure(t); ok {
		return s.fields(n, line, fail)
	}
	switch t[0] {
	case '[':
		if n.Kind() != tree.Sequence {
			return fail(control.Violation{At: n, Problem: "is " + sort(n) + ", not a list"})
		}
		for _, item := range n.Items() {
			if !s.conform(item, t[1:], fail) {
				return false
			}
		}
	case '{':
		if n.Kind() != tree.Mapping {
			return fail(control.Violation{At: n, Problem: "is " + sort(n) + ", not a mapping"})
		}
		for _, value := range n.Pairs() {
			if !s.conform(value, t[1:], fail) {
				return false
			}
		}
	default:
		if problem := scalarProblem(n, t[0]); problem != "" {
			return fail(control.Violation{At: n, Problem: problem})
		}
	}
	return true
}

// fields compares a mapping with a structure.
func (s *schema) fields(n tree.Node, line string, fail control.FailFunc) bool {
	if n.Kind() != tree.Mapping {
		return fail(control.Violation{At: n, Problem: "is " + sort(n) + ", not a mapping"})
	}
	for key, value := range n.Pairs() {
		if t, ok := field(line, key.Text()); ok {
			if !s.conform(value, t, fail) {
				return false
			}
			continue
		}
		if strings.HasPrefix(key.Text(), "$") {
			continue // a directive of a strategic merge patch, which is no object yet
		}
		name, _, _ := strings.Cut(line, " ")
		problem := "is no field of " + name
		if near := nearest(line, key.Text()); near != "" {
			problem += "; did you mean " + near + "?"
		}
		if !fail(control.Violation{At: value, Problem: problem}) {
			return false
		}
	}
	return true
}

// scalarProblem says why a value does not fit a type of one letter, "" if it does. Values are not repeated: they
// may be secret.
func scalarProblem(n tree.Node, t byte) string {
	text, isText := n.Str()
	number, isNumber := n.Float()
	whole := isNumber && number == math.Trunc(number)
	_, isBool := n.Bool()
	switch {
	case (t == 's' || t == 't') && !isText:
		return "is " + sort(n) + ", not a text; put it into quotes"
	case t == 'b' && !isBool:
		return "is " + sort(n) + ", not true or false"
	case (t == 'i' || t == 'l') && !whole:
		return "is " + sort(n) + ", not a whole number"
	case (t == 'i' || t == 'o' && isNumber) && (number > math.MaxInt32 || number < math.MinInt32):
		return "is a number beyond 32 bits"
	case t == 'f' && !isNumber:
		return "is " + sort(n) + ", not a number"
	case t == 'o' && !isText && !whole:
		return "is " + sort(n) + ", neither a whole number nor a text"
	case t == 'q' && !isQuantity(n, isText || isNumber):
		return "is no quantity such as 500m or 1Gi"
	case t == 'y' && !isText:
		return "is " + sort(n) + ", not a text in base64"
	case t == 't':
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return "is no time such as 2006-01-02T15:04:05Z"
		}
	case t == 'y':
		if _, err := base64.StdEncoding.DecodeString(text); err != nil {
			return "is not base64"
		}
	}
	return ""
}

// isQuantity reports whether a text or number is a quantity, a negative one too.
func isQuantity(n tree.Node, typed bool) bool {
	_, ok := quantity.Parse(strings.TrimPrefix(n.Text(), "-"))
	return typed && (ok || n.Type() != tree.String)
}

// sort names what a node is.
func sort(n tree.Node) string {
	switch {
	case n.Kind() == tree.Mapping:
		return "a mapping"
	case n.Kind() == tree.Sequence:
		return "a list"
	case n.Type() == tree.String:
		return "a text"
	case n.Type() == tree.Bool:
		return "true or false"
	default:
		return "a number"
	}
}
