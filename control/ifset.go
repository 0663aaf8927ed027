package control

import "github.com/kubeharden/kubeharden/tree"

// ifSet requires a rule only where something is set.
type ifSet struct {
	prefix path
	rule   Rule
}

// IfSet requires rule where there is anything but null at prefix; an empty mapping is something.
func IfSet(prefix string, rule Rule) Rule { return &ifSet{newPath(prefix), rule} }

func (i *ifSet) Holds(s *Subject, at tree.Node) bool {
	return !i.prefix.find(at).Exists() || i.rule.Holds(s, at)
}

func (i *ifSet) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	return i.rule.Explain(s, at, out)
}

func (i *ifSet) Edits(s *Subject, at tree.Node, out []Edit) []Edit { return i.rule.Edits(s, at, out) }

func (i *ifSet) CEL(c CEL) string {
	rule := i.rule.CEL(c)
	if rule == "" {
		return ""
	}
	return "(!" + i.prefix.cel(c.At) + ".hasValue() || " + rule + ")"
}

func (i *ifSet) Describe() string {
	return i.rule.Describe() + " if " + i.prefix.text + " is set"
}

// Breaks leaves prefix empty where the rule wants something below it removed, because without prefix nothing is required.
func (i *ifSet) Breaks(out []Change) []Change {
	for _, b := range i.rule.Breaks(nil) {
		switch {
		case b.Value != nil:
			out = append(out, b)
		case b.Path != i.prefix.text:
			out = append(out, Change{Path: i.prefix.text, Value: map[string]any{}, Name: "empty"})
		}
	}
	return out
}

// mended is a rule with other edits.
type mended struct {
	Rule
	edits func(s *Subject, at tree.Node, out []Edit) []Edit
}

// Mend gives rule the edits of another function, where what is best to do does not follow from what is wrong.
func Mend(rule Rule, edits func(s *Subject, at tree.Node, out []Edit) []Edit) Rule {
	return &mended{rule, edits}
}

func (m *mended) Edits(s *Subject, at tree.Node, out []Edit) []Edit { return m.edits(s, at, out) }
