package label

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Operator is how a requirement compares.
type Operator string

// The operators of a label selector.
const (
	In           Operator = "In"
	NotIn        Operator = "NotIn" // also true where the key is missing
	Exists       Operator = "Exists"
	DoesNotExist Operator = "DoesNotExist"
)

// Requirement is one condition of a selector.
type Requirement struct {
	Key      string
	Operator Operator
	// Values are sorted; empty for Exists and DoesNotExist.
	Values []string
}

// Matches reports whether labels meet the requirement.
func (r *Requirement) Matches(s Set) bool {
	value, ok := s.Get(r.Key)
	switch r.Operator {
	case In:
		return ok && slices.Contains(r.Values, value)
	case NotIn:
		return !ok || !slices.Contains(r.Values, value)
	case Exists:
		return ok
	case DoesNotExist:
		return !ok
	}
	return false
}

// Selector selects by labels: all requirements have to be met. Without any it selects everything.
type Selector []Requirement

// Equals returns the selector of the objects that have all the labels of a set.
func Equals(s Set) Selector {
	sel := make(Selector, 0, len(s))
	for _, l := range s {
		sel = append(sel, Requirement{Key: l.Key, Operator: In, Values: []string{l.Value}})
	}
	return sel
}

// Matches reports whether labels meet all requirements.
func (s Selector) Matches(labels Set) bool {
	for i := range s {
		if !s[i].Matches(labels) {
			return false
		}
	}
	return true
}

// String writes a selector as kubectl takes it: "app=web,tier in (a,b),!legacy"; "" for the one that selects everything.
func (s Selector) String() string {
	parts := make([]string, len(s))
	for i, r := range s {
		switch {
		case r.Operator == In && len(r.Values) == 1:
			parts[i] = r.Key + "=" + r.Values[0]
		case r.Operator == NotIn && len(r.Values) == 1:
			parts[i] = r.Key + "!=" + r.Values[0]
		case r.Operator == In:
			parts[i] = r.Key + " in (" + strings.Join(r.Values, ",") + ")"
		case r.Operator == NotIn:
			parts[i] = r.Key + " notin (" + strings.Join(r.Values, ",") + ")"
		case r.Operator == Exists:
			parts[i] = r.Key
		default:
			parts[i] = "!" + r.Key
		}
	}
	return strings.Join(parts, ",")
}

// ReadSelector reads a LabelSelector (matchLabels, matchExpressions). It calls flaw for each part that the API server refuses; a
// requirement with such a flaw selects nothing. Requirements come sorted, so that selectors of equal meaning compare as equal
// more often. What is missing or null is the empty selector, which selects everything: where that means nothing instead, the
// caller has to look.
func ReadSelector(n tree.Node, flaw func(at tree.Node, message string)) Selector {
	var s Selector
	switch n.Kind() {
	case tree.Missing, tree.Mapping:
	case tree.Scalar, tree.Sequence:
		if !n.IsNull() {
			flaw(n, "is a "+n.Kind().String()+", not a label selector")
			return Selector{never}
		}
	}
	for key := range n.Pairs() {
		if k := key.Text(); k != "matchLabels" && k != "matchExpressions" {
			flaw(key, "is no field of a label selector; the fields are matchLabels and matchExpressions")
		}
	}
	for k, v := range n.Get("matchLabels").Pairs() {
		if k.Overridden() {
			continue
		}
		if !checkKey(k, flaw) || !checkValue(v, flaw) {
			s = append(s, never)
			continue
		}
		s = append(s, Requirement{Key: object.Keep(k), Operator: In, Values: []string{object.Keep(v)}})
	}
	for _, e := range n.Get("matchExpressions").Items() {
		s = append(s, readRequirement(e, flaw))
	}
	slices.SortFunc(s, compare)
	return s
}

// never is a requirement that no labels meet.
var never = Requirement{Operator: "", Key: ""}

// Impossible reports whether the selector has a part that the API server refuses, so that it selects nothing.
func (s Selector) Impossible() bool {
	return slices.ContainsFunc(s, func(r Requirement) bool { return r.Operator == "" })
}

func compare(a, b Requirement) int {
	if c := strings.Compare(a.Key, b.Key); c != 0 {
		return c
	}
	if c := strings.Compare(string(a.Operator), string(b.Operator)); c != 0 {
		return c
	}
	return slices.Compare(a.Values, b.Values)
}

func readRequirement(e tree.Node, flaw func(tree.Node, string)) Requirement {
	if e.Kind() != tree.Mapping {
		flaw(e, "is a "+e.Kind().String()+", not a requirement with key and operator")
		return never
	}
	r := Requirement{Key: object.Keep(e.Get("key")), Operator: Operator(object.Keep(e.Get("operator")))}
	ok := checkKey(e.Get("key"), flaw)
	values := e.Get("values")
	for _, v := range values.Items() {
		ok = checkValue(v, flaw) && ok
		r.Values = append(r.Values, object.Keep(v))
	}
	slices.Sort(r.Values)
	r.Values = slices.Compact(r.Values)
	switch r.Operator {
	case In, NotIn:
		if len(r.Values) == 0 {
			flaw(at(values, e), "is empty; "+string(r.Operator)+" needs at least one value")
			ok = false
		}
	case Exists, DoesNotExist:
		if len(r.Values) > 0 {
			flaw(values, "has to be empty with "+string(r.Operator))
			ok = false
		}
	default:
		flaw(at(e.Get("operator"), e), `operator is "`+string(r.Operator)+`", not one of In, NotIn, Exists, DoesNotExist`)
		ok = false
	}
	if !ok {
		return never
	}
	return r
}

// at returns n, or where it belongs if it is missing.
func at(n, parent tree.Node) tree.Node {
	if n.Exists() {
		return n
	}
	return parent
}

// checkKey checks a label key: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
func checkKey(n tree.Node, flaw func(tree.Node, string)) bool {
	if n.Kind() != tree.Scalar || !isKey(n.Text()) {
		if n.Exists() {
			flaw(n, "is no label key")
		}
		return false
	}
	return true
}

func checkValue(n tree.Node, flaw func(tree.Node, string)) bool {
	switch {
	case n.Kind() != tree.Scalar:
		flaw(n, "is a "+n.Kind().String()+", not a label value")
	case n.IsNull() || n.Text() == "" || len(n.Text()) <= 63 && isName(n.Text()):
		return true
	default:
		flaw(n, "is no label value")
	}
	return false
}

func isKey(s string) bool {
	name := s
	if prefix, rest, ok := strings.Cut(s, "/"); ok {
		if prefix == "" || len(prefix) > 253 || strings.ToLower(prefix) != prefix || !isName(prefix) {
			return false
		}
		name = rest
	}
	return name != "" && len(name) <= 63 && isName(name)
}

// isName reports whether s consists of letters, digits, '-', '_' and '.', with a letter or digit at both ends.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || i == len(s)-1 || c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return s != ""
}
