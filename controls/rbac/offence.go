package rbac

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// offence is what is wrong with one rule of a role.
type offence struct {
	rule   tree.Node
	rights []*ready
	// resources and verbs are the items that together allow what they must not.
	resources, verbs []tree.Node
	// otherResources and otherVerbs count the remaining items.
	otherResources, otherVerbs int
}

// offence finds out what a rule allows that it must not; ok is false if that is nothing.
func (f *forbidden) offence(s *control.Subject, rule tree.Node) (o offence, ok bool) {
	o.rule = rule
	for i := range f.rights {
		if r := &f.rights[i]; r.allowed(s, rule) {
			o.rights = append(o.rights, r)
		}
	}
	if len(o.rights) == 0 {
		return o, false
	}
	for _, item := range rule.Get("resources").Items() {
		if slices.ContainsFunc(o.rights, func(r *ready) bool { return r.isResource(item) }) {
			o.resources = append(o.resources, item)
		} else {
			o.otherResources++
		}
	}
	for _, item := range rule.Get("verbs").Items() {
		if slices.ContainsFunc(o.rights, func(r *ready) bool { return isOneOf(item, r.verbForms) }) {
			o.verbs = append(o.verbs, item)
		} else {
			o.otherVerbs++
		}
	}
	return o, true
}

// Explain implements control.Rule. There is one violation per rule, so that one rule is one finding.
func (f *forbidden) Explain(s *control.Subject, at tree.Node, out []control.Violation) []control.Violation {
	for _, rule := range at.Get("rules").Items() {
		if o, ok := f.offence(s, rule); ok {
			out = append(out, o.violation(f.onVerb))
		}
	}
	return out
}

// violation says in words that are the same for all controls what the rule allows: where two of them mean the same, one finding is
// enough.
func (o *offence) violation(onVerb bool) control.Violation {
	main, other, includes := o.resources, o.verbs, o.rights[0].resources[0]
	link := ", with the verb "
	if len(other) > 1 {
		link = ", with the verbs "
	}
	if onVerb {
		main, other, includes = o.verbs, o.resources, o.rights[0].verbs[0]
		link = ", on "
	}
	problem := "is " + control.Show(main[0])
	if strings.HasPrefix(main[0].Text(), "*") {
		problem += ", which includes " + strings.TrimSuffix(includes, "/*")
	}
	problem += link + listOf(other)
	if len(main) > 1 {
		problem += "; the same for " + listOf(main[1:])
	}
	return control.Violation{At: main[0], Problem: problem}
}

// maxListed bounds how many items a message lists.
const maxListed = 6

func listOf(items []tree.Node) string {
	var names []string
	for _, item := range items[:min(len(items), maxListed)] {
		names = append(names, control.Show(item))
	}
	if len(items) > maxListed {
		names = append(names, "others")
	}
	return join(names, "and")
}

// Edits implements control.Rule.
func (f *forbidden) Edits(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	if f.byHand {
		return out
	}
	for _, rule := range at.Get("rules").Items() {
		o, ok := f.offence(s, rule)
		switch {
		case !ok || slices.ContainsFunc(o.resources, isStar):
			// What the rule is for, * does not say: a person has to.
		case f.mend != nil:
			for _, resource := range o.resources {
				out = f.mend(rule, resource, out)
			}
		default:
			out = o.drop(out)
		}
	}
	return out
}

func isStar(n tree.Node) bool { return n.StrIs("*") }

// standard are the verbs that the API server gives to the resources of the cluster.
var standard = []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}

// drop removes the offending verbs or the offending resources from the rule, whichever takes fewer other rights away, or all of
// the rule if nothing else is in it.
func (o *offence) drop(out []control.Edit) []control.Edit {
	kept, all := o.otherVerbs, len(o.verbs)
	var instead []any
	star := slices.ContainsFunc(o.verbs, isStar)
	if star {
		instead = o.instead()
		kept, all = len(instead), len(standard)-len(instead)
	}
	switch {
	case kept == 0 && o.otherResources == 0:
		return append(out, control.Edit{Op: control.Remove, At: o.rule})
	case len(o.resources)*kept <= o.otherResources*all:
		return removeAll(o.resources, out)
	case star:
		return append(out, control.Edit{Op: control.Set, At: o.rule, Path: []string{"verbs"}, Value: instead})
	default:
		return removeAll(o.verbs, out)
	}
}

func removeAll(items []tree.Node, out []control.Edit) []control.Edit {
	for _, item := range items {
		out = append(out, control.Edit{Op: control.Remove, At: item})
	}
	return out
}

// instead returns the verbs that may stand for *. Subresources such as pods/exec know none but those that are forbidden.
func (o *offence) instead() []any {
	for _, item := range o.resources {
		if strings.Contains(item.Text(), "/") {
			return nil
		}
	}
	var verbs []any
	for _, verb := range standard {
		if !slices.ContainsFunc(o.rights, func(r *ready) bool { return slices.Contains(r.verbs, verb) }) {
			verbs = append(verbs, verb)
		}
	}
	return verbs
}
