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
	var named []bool // whether the rule names the right's group, found out once for all of its resources
	for i := range f.rights {
		if r := &f.rights[i]; r.allowed(s, rule) {
			o.rights, named = append(o.rights, r), append(named, r.isNamed(rule))
		}
	}
	if len(o.rights) == 0 {
		return o, false
	}
	for _, item := range rule.Get("resources").Items() {
		found := false
		for i, r := range o.rights {
			found = found || r.isResource(item, named[i])
		}
		if found {
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
	resources, verbs := o.rights[0].resources[0], o.rights[0].verbs[0]
	main, problem := o.resources, "is "+including(o.resources[:1], resources)+", with the verb "
	if len(o.verbs) > 1 {
		problem = strings.TrimSuffix(problem, " ") + "s "
	}
	problem += including(o.verbs, "")
	if onVerb {
		main, problem = o.verbs, "is "+including(o.verbs[:1], verbs)+", on "+including(o.resources, resources)
	}
	if len(main) > 1 {
		problem += "; the same for " + listOf(main[1:])
	}
	return control.Violation{At: main[0], Problem: problem}
}

// including lists items; if the first one is a wildcard, it names something that this includes.
func including(items []tree.Node, what string) string {
	if what == "" || !strings.HasPrefix(items[0].Text(), "*") {
		return listOf(items)
	}
	return listOf(items) + ", which includes " + strings.TrimSuffix(what, "/*")
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
			out = f.mend(&o, out)
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
