package control

import (
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// all requires every rule.
type all []Rule

// All requires every one of the rules.
func All(rules ...Rule) Rule {
	// Pointers, because rules have to be comparable: the engine asks equal Unless rules once.
	a := all(rules)
	return &a
}

func (a all) Holds(s *Subject, at tree.Node) bool {
	for _, r := range a {
		if !r.Holds(s, at) {
			return false
		}
	}
	return true
}

func (a all) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	for _, r := range a {
		if !r.Holds(s, at) {
			out = r.Explain(s, at, out)
		}
	}
	return out
}

func (a all) Edits(s *Subject, at tree.Node, out []Edit) []Edit {
	for _, r := range a {
		if !r.Holds(s, at) {
			out = r.Edits(s, at, out)
		}
	}
	return out
}

func (a all) CEL(c CEL) string { return joinCEL(a, c, " && ") }

func joinCEL(rules []Rule, c CEL, op string) string {
	parts := make([]string, len(rules))
	for i, r := range rules {
		if parts[i] = r.CEL(c); parts[i] == "" {
			return ""
		}
	}
	return "(" + strings.Join(parts, op) + ")"
}

func (a all) Describe() string { return joinDescriptions(a, " and ") }

func joinDescriptions(rules []Rule, sep string) string {
	parts := make([]string, len(rules))
	for i, r := range rules {
		parts[i] = r.Describe()
	}
	return strings.Join(parts, sep)
}

func (a all) Breaks(out []Change) []Change {
	for _, r := range a {
		out = r.Breaks(out)
	}
	return out
}

// anyOf requires one rule of several.
type anyOf []Rule

// Any requires at least one of the rules; violations and fixes are those of the first.
func Any(rules ...Rule) Rule {
	a := anyOf(rules)
	return &a
}

func (a anyOf) Holds(s *Subject, at tree.Node) bool {
	for _, r := range a {
		if r.Holds(s, at) {
			return true
		}
	}
	return false
}

func (a anyOf) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	return a[0].Explain(s, at, out)
}

func (a anyOf) Edits(s *Subject, at tree.Node, out []Edit) []Edit { return a[0].Edits(s, at, out) }
func (a anyOf) CEL(c CEL) string                                  { return joinCEL(a, c, " || ") }
func (a anyOf) Describe() string                                  { return joinDescriptions(a, ", or ") }

// Breaks returns the changes of the first rule: the catalogue's hardened pod meets no other alternative.
func (a anyOf) Breaks(out []Change) []Change { return a[0].Breaks(out) }

// when requires a rule only where a condition holds.
type when struct{ cond, then Rule }

// When requires then where cond holds.
func When(cond, then Rule) Rule { return &when{cond, then} }

func (w *when) Holds(s *Subject, at tree.Node) bool {
	return !w.cond.Holds(s, at) || w.then.Holds(s, at)
}

func (w *when) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	return w.then.Explain(s, at, out)
}

func (w *when) Edits(s *Subject, at tree.Node, out []Edit) []Edit { return w.then.Edits(s, at, out) }

func (w *when) CEL(c CEL) string {
	cond, then := w.cond.CEL(c), w.then.CEL(c)
	if cond == "" || then == "" {
		return ""
	}
	return "(!" + cond + " || " + then + ")"
}

func (w *when) Describe() string {
	return "where " + w.cond.Describe() + ", " + w.then.Describe()
}

func (w *when) Breaks(out []Change) []Change { return w.then.Breaks(out) }

// onPod moves a rule from the container to its pod.
type onPod struct{ rule Rule }

// OnPod judges rule on the pod spec, whatever the scope is.
func OnPod(rule Rule) Rule { return &onPod{rule} }

func (p *onPod) node(s *Subject) tree.Node {
	if s.Pod == nil {
		return tree.Node{}
	}
	return s.Pod.Spec
}

func (p *onPod) Holds(s *Subject, _ tree.Node) bool { return p.rule.Holds(s, p.node(s)) }

func (p *onPod) Explain(s *Subject, _ tree.Node, out []Violation) []Violation {
	return p.rule.Explain(s, p.node(s), out)
}

func (p *onPod) Edits(s *Subject, _ tree.Node, out []Edit) []Edit {
	return p.rule.Edits(s, p.node(s), out)
}
func (p *onPod) CEL(c CEL) string { return p.rule.CEL(c.at(c.Pod)) }
func (p *onPod) Describe() string { return "the pod's " + p.rule.Describe() }
func (p *onPod) Breaks(out []Change) []Change {
	for _, b := range p.rule.Breaks(nil) {
		b.Base = OnPodSpec
		out = append(out, b)
	}
	return out
}

// inherit judges the value that is in force for a container.
type inherit struct {
	prefix path
	rule   Rule
}

// Inherit judges rule on the container if it sets prefix, else on the pod spec, as the kubelet does when it merges the
// two security contexts. If neither sets it, the container is what is incomplete.
func Inherit(prefix string, rule Rule) Rule { return &inherit{newPath(prefix), rule} }

func (h *inherit) pick(s *Subject, at tree.Node) tree.Node {
	if s.Pod != nil && !h.prefix.find(at).Exists() && h.prefix.find(s.Pod.Spec).Exists() {
		return s.Pod.Spec
	}
	return at
}

func (h *inherit) Holds(s *Subject, at tree.Node) bool { return h.rule.Holds(s, h.pick(s, at)) }

func (h *inherit) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	return h.rule.Explain(s, h.pick(s, at), out)
}

func (h *inherit) Edits(s *Subject, at tree.Node, out []Edit) []Edit {
	return h.rule.Edits(s, h.pick(s, at), out)
}

func (h *inherit) CEL(c CEL) string {
	own, pod := h.rule.CEL(c), h.rule.CEL(c.at(c.Pod))
	if own == "" || pod == "" {
		return ""
	}
	return "((" + h.prefix.cel(c.At) + ".hasValue() || !" + h.prefix.cel(c.Pod) + ".hasValue()) ? " + own + " : " + pod + ")"
}

func (h *inherit) Describe() string {
	return h.rule.Describe() + " (on the container, else on the pod)"
}

// Breaks changes the container: the catalogue's hardened pod sets on its containers what containers can set.
func (h *inherit) Breaks(out []Change) []Change { return h.rule.Breaks(out) }

// byVersion picks a rule by Kubernetes version.
type byVersion []Step

// Step is a rule and the first Kubernetes minor version it is for.
type Step struct {
	From Minor
	Rule Rule
}

// ByVersion requires the rule of the last step whose version has been reached; before the first nothing is required.
func ByVersion(steps ...Step) Rule {
	b := byVersion(steps)
	return &b
}

func (b byVersion) pick(v Minor) Rule {
	var r Rule
	for _, step := range b {
		if v >= step.From {
			r = step.Rule
		}
	}
	return r
}

func (b byVersion) Holds(s *Subject, at tree.Node) bool {
	r := b.pick(s.Version)
	return r == nil || r.Holds(s, at)
}

func (b byVersion) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	return b.pick(s.Version).Explain(s, at, out)
}

func (b byVersion) Edits(s *Subject, at tree.Node, out []Edit) []Edit {
	return b.pick(s.Version).Edits(s, at, out)
}

func (b byVersion) CEL(c CEL) string {
	if r := b.pick(c.Version); r != nil {
		return r.CEL(c)
	}
	return "true"
}

func (b byVersion) Describe() string { return b[len(b)-1].Rule.Describe() }

func (b byVersion) Breaks(out []Change) []Change { return b[len(b)-1].Rule.Breaks(out) }

// sinceVersion is a condition that holds only from a version on.
type sinceVersion struct {
	from Minor
	rule Rule
}

// Since is for Unless and When: it holds where rule holds and the Kubernetes version is from or newer.
func Since(from Minor, rule Rule) Rule { return &sinceVersion{from, rule} }

func (v *sinceVersion) Holds(s *Subject, at tree.Node) bool {
	return s.Version >= v.from && v.rule.Holds(s, at)
}

func (v *sinceVersion) Explain(s *Subject, at tree.Node, out []Violation) []Violation {
	return v.rule.Explain(s, at, out)
}

func (v *sinceVersion) Edits(s *Subject, at tree.Node, out []Edit) []Edit {
	return v.rule.Edits(s, at, out)
}

func (v *sinceVersion) CEL(c CEL) string {
	if c.Version < v.from {
		return "false"
	}
	return v.rule.CEL(c)
}

func (v *sinceVersion) Describe() string {
	return v.rule.Describe() + " (Kubernetes " + v.from.String() + " or newer)"
}

func (v *sinceVersion) Breaks(out []Change) []Change { return v.rule.Breaks(out) }
