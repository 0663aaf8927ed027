package control

import "github.com/kubeharden/kubeharden/tree"

// Func is a requirement written in Go, for what the declared nodes cannot say.
type Func struct {
	// Check calls fail for every place where the requirement is not met. It stops early if fail says false.
	Check func(s *Subject, at tree.Node, fail FailFunc)
	// Text describes the requirement.
	Text string
	// Expr writes it in CEL; nil if that cannot be done.
	Expr func(c CEL) string
	// Fix appends the edits that make it hold; nil if only a person can decide.
	Fix func(s *Subject, at tree.Node, out []Edit) []Edit
}

// FailFunc reports one violation and says whether to go on looking.
type FailFunc func(v Violation) bool

// Holds implements Rule.
func (f *Func) Holds(s *Subject, at tree.Node) bool {
	holds := true
	f.Check(s, at, func(Violation) bool {
		holds = false
		return false
	})
	return holds
}

// Explain implements Rule.
func (f *Func) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	f.Check(s, at, func(v Violation) bool {
		out = append(out, v)
		return true
	})
	return out
}

// Edits implements Rule.
func (f *Func) Edits(s *Subject, at tree.Node, out []Edit) []Edit {
	if f.Fix == nil {
		return out
	}
	return f.Fix(s, at, out)
}

// CEL implements Rule.
func (f *Func) CEL(c CEL) string {
	if f.Expr == nil {
		return ""
	}
	return f.Expr(c)
}

// Describe implements Rule.
func (f *Func) Describe() string { return f.Text }

// Breaks implements Rule: a function cannot say what breaks it, so its control lists Bad changes.
func (f *Func) Breaks(out []Change) []Change { return out }
