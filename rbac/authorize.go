package rbac

import (
	"slices"
	"strconv"
)

// Grant is one rule that a binding gives to a subject.
type Grant struct {
	Subject Subject
	Binding *Binding
	// Role is the role that the binding gives.
	Role *Role
	// Source is the role that the rule is written in: Role itself, or a ClusterRole that Role aggregates. Index counts its rules from 0.
	Source *Role
	Index  int
}

// Rule returns the rule. It is nil for the zero Grant.
func (g *Grant) Rule() *Rule {
	if g.Source == nil {
		return nil
	}
	return &g.Source.Rules[g.Index]
}

// String says "RoleBinding/shop/ci gives Role/shop/deployer, rules[0]".
func (g *Grant) String() string {
	if g.Source == nil {
		return ""
	}
	text := g.Binding.String() + " gives " + g.Role.String() + ", "
	if g.Source != g.Role {
		text += "which aggregates " + g.Source.String() + ", "
	}
	return text + "rules[" + strconv.Itoa(g.Index) + "]"
}

// Decision is the answer to a request. Without Allowed, RBAC has no opinion, so that the API server refuses unless another
// authorizer allows.
type Decision struct {
	Allowed bool
	// Masters says that the user is in system:masters, whose members the API server lets do everything before it asks RBAC.
	Masters bool
	// Grant is what allows the request; its Subject is the one that applies to the user. It is zero for Masters.
	Grant Grant
}

// Authorize answers a request as the API server does with its authorizers for system:masters and RBAC: ClusterRoleBindings first, then
// the RoleBindings of the request's namespace (k8s.io/kubernetes/pkg/registry/rbac/validation, VisitRulesFor). A URL that is no
// resource has no namespace, so that RoleBindings never allow it.
func (a *Access) Authorize(user User, q Request) Decision {
	if slices.Contains(user.Groups, GroupMasters) {
		return Decision{Allowed: true, Masters: true}
	}
	d := Decision{}
	a.visit(user, q.scope(), func(r ref, rules []*Rule) bool {
		for i, rule := range rules {
			if rule.Allows(&q) {
				d = Decision{Allowed: true, Grant: a.grant(r.binding, r.subject, i)}
				return false
			}
		}
		return true
	})
	return d
}

func (q *Request) scope() string {
	if q.Path != "" {
		return ""
	}
	return q.Namespace
}

// visit yields the bindings that apply to a user: those of the cluster, then those of the namespace.
func (a *Access) visit(user User, namespace string, yield func(ref, []*Rule) bool) {
	for _, scope := range [...]string{"", namespace} {
		if !a.visitScope(a.users[user.Name], scope, yield) {
			return
		}
		for i, g := range user.Groups {
			if slices.Contains(user.Groups[:i], g) {
				continue
			}
			if !a.visitScope(a.groups[g], scope, yield) {
				return
			}
		}
		if namespace == "" {
			return
		}
	}
}

func (a *Access) visitScope(refs []ref, scope string, yield func(ref, []*Rule) bool) bool {
	for _, r := range a.in(refs, scope) {
		if role := a.roleOf[r.binding]; role != none && !yield(r, a.rules(role)) {
			return false
		}
	}
	return true
}

// RulesFor returns every rule that applies to a user in a namespace ("" for the cluster's own), with where it comes from. A rule
// that two bindings give is there twice.
func (a *Access) RulesFor(user User, namespace string) []Grant {
	var out []Grant
	last := ref{none, none}
	a.visit(user, namespace, func(r ref, rules []*Rule) bool {
		if r.binding == last.binding { // named twice by one binding
			return true
		}
		last = r
		for i := range rules {
			out = append(out, a.grant(r.binding, r.subject, i))
		}
		return true
	})
	return out
}

// WhoCan returns everybody whom a binding lets make the request, in the order of the bindings; a subject once for each rule. Groups
// stay groups, and system:masters, whose members may do everything, is not among them unless a binding names it.
func (a *Access) WhoCan(q Request) []Grant {
	var out []Grant
	matching := map[int32][]int{} // by list
	scopes := []string{""}
	if ns := q.scope(); ns != "" {
		scopes = append(scopes, ns)
	}
	for _, scope := range scopes {
		for _, i := range a.namespaces[scope] {
			if a.roleOf[i] == none {
				continue
			}
			at := a.roles[a.roleOf[i]].list
			found, ok := matching[at]
			if !ok {
				for n, rule := range a.lists[at].rules {
					if rule.Allows(&q) {
						found = append(found, n)
					}
				}
				matching[at] = found
			}
			for _, rule := range found {
				for s := range a.bindings[i].Subjects {
					out = append(out, a.grant(i, int32(s), rule))
				}
			}
		}
	}
	return out
}
