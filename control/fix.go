package control

import "github.com/kubeharden/kubeharden/tree"

// fixed is a rule with another fix than its own.
type fixed struct {
	Rule
	fix func(s *Subject, at tree.Node, out []Edit) []Edit
}

// FixWith is rule with the edits of fix instead of its own.
func FixWith(rule Rule, fix func(s *Subject, at tree.Node, out []Edit) []Edit) Rule {
	return &fixed{rule, fix}
}

// FixTo is rule with another fix: it sets the value at path to v.
func FixTo(rule Rule, path string, v any) Rule {
	keys := Keys(path)
	return &fixed{rule, func(_ *Subject, at tree.Node, out []Edit) []Edit {
		return append(out, Edit{Op: Set, At: at, Path: keys, Value: v})
	}}
}

func (f *fixed) Edits(s *Subject, at tree.Node, out []Edit) []Edit { return f.fix(s, at, out) }
