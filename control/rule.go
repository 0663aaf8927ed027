package control

import (
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// Rule is a node of a requirement. at is the node that the rule's paths start from.
//
// Holds is the hot path and allocates nothing; Explain is called only where Holds said no, and then names at least one violation.
type Rule interface {
	// Holds reports whether the requirement is met.
	Holds(s *Subject, at tree.Node) bool
	// Explain appends the places where it is not met.
	Explain(s *Subject, at tree.Node, out []Violation) []Violation
	// Edits appends changes that make it hold; none if only a person can decide.
	Edits(s *Subject, at tree.Node, out []Edit) []Edit
	// CEL returns the requirement as a CEL expression; "" if it cannot be said in CEL.
	CEL(c CEL) string
	// Describe says the requirement for people, to be read behind "must hold:".
	Describe() string
	// Breaks appends changes to a subject that meets the requirement after each of which it does not.
	Breaks(out []Change) []Change
}

// CEL is what an expression is generated for.
type CEL struct {
	// At is the expression for the node that paths start from, such as "container".
	At string
	// Pod and Metadata are the expressions for the pod spec and the pod's metadata.
	Pod, Metadata string
	// Version is the Kubernetes version that the expression has to be right for.
	Version Minor
	// Params are the settings of the control.
	Params map[string][]string
}

func (c CEL) at(expr string) CEL {
	c.At = expr
	return c
}

// path is a parsed field path.
type path struct {
	text string
	keys []string
}

// newPath parses a path: keys separated by dots. A key with dots in it is written ["in.brackets"].
func newPath(text string) path {
	p := path{text: text}
	rest := text
	for rest != "" {
		if strings.HasPrefix(rest, `["`) {
			end := strings.Index(rest, `"]`)
			if end < 0 {
				panic("control: path without closing bracket: " + text)
			}
			p.keys = append(p.keys, rest[2:end])
			rest = strings.TrimPrefix(rest[end+2:], ".")
			continue
		}
		end := strings.IndexAny(rest, ".[")
		if end < 0 {
			end = len(rest)
		}
		p.keys = append(p.keys, rest[:end])
		rest = strings.TrimPrefix(rest[end:], ".")
	}
	return p
}

// Keys splits a path as used in rules and changes into its keys.
func Keys(text string) []string { return newPath(text).keys }

// find follows the path. Null counts as missing, as it does to the API server.
func (p *path) find(at tree.Node) tree.Node {
	for _, k := range p.keys {
		at = at.Get(k)
		if !at.Exists() {
			return at
		}
	}
	if at.IsNull() {
		return tree.Node{}
	}
	return at
}

// deepest returns the value, or the last node on the way that is not null and what is missing below it.
func (p *path) deepest(at tree.Node) (tree.Node, []string) {
	for i, k := range p.keys {
		next := at.Get(k)
		if !next.Exists() || next.IsNull() {
			return at, p.keys[i:]
		}
		at = next
	}
	return at, nil
}

// cel returns the optional-access expression of the path below at: at.?a.?b[?"c-d"].
func (p *path) cel(at string) string {
	var b strings.Builder
	b.WriteString(at)
	for _, k := range p.keys {
		if isIdentifier(k) {
			b.WriteString(".?" + k)
		} else {
			b.WriteString("[?" + celString(k) + "]")
		}
	}
	return b.String()
}

func isIdentifier(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || i > 0 && c >= '0' && c <= '9' {
			continue
		}
		return false
	}
	return s != ""
}
