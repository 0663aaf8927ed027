package control

import "github.com/kubeharden/kubeharden/tree"

// Answer is the fix of one violation: the edits after which it is gone, or the reason why there are none.
type Answer struct {
	Edits  []Edit
	Reason string
	// Keeps are what the edits rely on, below nodes: once another fix has changed it, the violation has to be answered again.
	Keeps []Kept
}

// Kept is what is at Path below At, or would be.
type Kept struct {
	At   tree.Node
	Path []string
}

// Mender is a rule that answers each violation by itself, so that one which only a person can mend does not keep the others from being
// fixed, and is told with its reason.
type Mender interface {
	Rule
	// Answers returns one answer for each of the violations that Explain gave for the subject, in their order.
	Answers(s *Subject, at tree.Node, violations []Violation) []Answer
}

// answering is a rule with an answer for each violation.
type answering struct {
	Rule
	answers func(s *Subject, at tree.Node, violations []Violation) []Answer
}

// MendEach gives rule the edits of a function that is asked for the violations one by one, and says of the others why there are none.
func MendEach(rule Rule, answers func(s *Subject, at tree.Node, violations []Violation) []Answer) Mender {
	return &answering{rule, answers}
}

func (a *answering) Answers(s *Subject, at tree.Node, violations []Violation) []Answer {
	return a.answers(s, at, violations)
}

func (a *answering) Edits(s *Subject, at tree.Node, out []Edit) []Edit {
	for _, answer := range a.answers(s, at, a.Explain(s, at, nil)) {
		out = append(out, answer.Edits...)
	}
	return out
}
