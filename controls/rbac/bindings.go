package rbac

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

var bothBindings = []control.Kind{{Group: rbacGroup, Kind: "ClusterRoleBinding"}, {Group: rbacGroup, Kind: "RoleBinding"}}

// subject is one that no binding may have.
type subject struct {
	kind, name string
	// who says for people who that is.
	who string
}

func (s *subject) is(n tree.Node) bool {
	return n.Get("kind").StrIs(s.kind) && n.Get("name").StrIs(s.name)
}

// banned is the rule that a binding has none of some subjects.
type banned struct{ subjects []subject }

func noSubject(subjects ...subject) *banned { return &banned{subjects} }

// banned returns which of the subjects n is; nil if it is none.
func (b *banned) banned(n tree.Node) *subject {
	for i := range b.subjects {
		if b.subjects[i].is(n) {
			return &b.subjects[i]
		}
	}
	return nil
}

// Holds implements control.Rule.
func (b *banned) Holds(_ *control.Subject, at tree.Node) bool {
	for _, n := range bindingSubjects.Find(at).Items() {
		if b.banned(n) != nil {
			return false
		}
	}
	return true
}

// Explain implements control.Rule.
func (b *banned) Explain(_ *control.Subject, at tree.Node, out []control.Violation) []control.Violation {
	for _, n := range bindingSubjects.Find(at).Items() {
		if s := b.banned(n); s != nil {
			out = append(out, control.Violation{At: n.Get("name"), Problem: "is " + s.name + ", " + s.who})
		}
	}
	return out
}

// Edits implements control.Rule. A binding without subjects is valid and gives nobody anything.
func (b *banned) Edits(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	for _, n := range bindingSubjects.Find(at).Items() {
		if b.banned(n) != nil {
			out = append(out, control.Edit{Op: control.Remove, At: n})
		}
	}
	return out
}

// CEL implements control.Rule.
func (b *banned) CEL(c control.CEL) string {
	tests := make([]string, len(b.subjects))
	for i, s := range b.subjects {
		tests[i] = "s.?kind.orValue('') == " + control.Quote(s.kind) + " && s.?name.orValue('') == " + control.Quote(s.name)
	}
	return "!" + bindingSubjects.CEL(c.At) + ".orValue([]).exists(s, " + strings.Join(tests, " || ") + ")"
}

// Describe implements control.Rule.
func (b *banned) Describe() string {
	var all []string
	for _, s := range b.subjects {
		all = append(all, "the "+s.kind+" "+s.name)
	}
	return "no subject may be " + join(all, "or")
}

// Breaks implements control.Rule.
func (b *banned) Breaks(out []control.Change) []control.Change {
	for _, s := range b.subjects {
		out = append(out, subjects(s.name, s.kind, s.name))
	}
	return out
}

// subjects binds a role to one more subject, for the cases.
func subjects(label, kind, name string) control.Change {
	account := map[string]any{"kind": "ServiceAccount", "name": "app", "namespace": "shop"}
	return control.Change{Path: "subjects", Value: []any{account, map[string]any{"kind": kind, "name": name}}, Name: label}
}

// bootstrapBinding holds for the bindings that the API server makes and restores.
var bootstrapBinding = &control.Func{
	Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		if !isBootstrap(at) {
			fail(control.Violation{At: at, Problem: "is a binding of its own"})
		}
	},
	Text: "the API server makes the binding (label kubernetes.io/bootstrapping: rbac-defaults)",
	Expr: func(c control.CEL) string { return bootstrapCEL(c.At) },
}

func bindsClusterRole(at tree.Node, names []string) bool {
	ref := at.Get("roleRef")
	return ref.Get("kind").StrIs("ClusterRole") && isOneOf(ref.Get("name"), names)
}

func bindsCEL(at, kind string, names []string) string {
	return "(" + at + ".?roleRef.?kind.orValue('') == " + control.Quote(kind) + " && " + at + ".?roleRef.?name.orValue('') in " + control.QuoteAll(names) + ")"
}
