package audit

import (
	"slices"
	"strings"
)

// Attributes are what a policy looks at in a request: k8s.io/apiserver/pkg/authorization/authorizer.Attributes.
type Attributes struct {
	// User and Groups are who authenticated. A policy never sees whom a request impersonates: it is evaluated before that.
	User   string
	Groups []string
	// Nobody says that there is no user, because authentication failed.
	Nobody bool
	// Verb is get, list, watch, create, update, patch, delete or deletecollection; for a URL the HTTP method in lower case.
	Verb string
	// ResourceRequest says that the request is for the resource below and not for Path.
	ResourceRequest bool
	// Group is the API group, "" for the core group.
	Group, Resource, Subresource, Namespace, Name string
	// Path is the URL path.
	Path string
}

// What says what is asked for, as kubectl writes it: "pods/exec web-0 in shop", "/metrics".
func (a *Attributes) What() string {
	if !a.ResourceRequest {
		return a.Path
	}
	what := a.Resource
	if a.Group != "" {
		what += "." + a.Group
	}
	if a.Subresource != "" {
		what += "/" + a.Subresource
	}
	if a.Name != "" {
		what += " " + a.Name
	}
	if a.Namespace != "" {
		what += " in " + a.Namespace
	}
	return what
}

// Who says who asks: "jane (system:authenticated)".
func (a *Attributes) Who() string {
	if a.Nobody {
		return "nobody: authentication failed"
	}
	if len(a.Groups) == 0 {
		return a.User
	}
	return a.User + " (" + strings.Join(a.Groups, ", ") + ")"
}

// Decision is what a policy does with a request.
type Decision struct {
	Level Level
	// OmitStages are the stages without an event, those of the policy and of the rule.
	OmitStages        Stages
	OmitManagedFields bool
	// Rule is the index of the rule that decided, -1 if none matched.
	Rule int
}

// Path returns the path of the rule that decided; that of the list if there is none.
func (d *Decision) Path() string { return RulePath(d.Rule) }

// Evaluate returns what the policy does with a request.
// Source: k8s.io/apiserver/pkg/audit/policy/checker.go, EvaluatePolicyRule.
func (p *Policy) Evaluate(a *Attributes) Decision {
	for i := range p.Rules {
		if r := &p.Rules[i]; r.Matches(a) {
			return p.decision(i)
		}
	}
	return p.decision(-1)
}

// decision is what follows if a rule decides; -1 is no rule.
func (p *Policy) decision(rule int) Decision {
	d := Decision{Level: None, OmitStages: p.OmitStages, OmitManagedFields: p.OmitManagedFields, Rule: rule}
	if rule >= 0 {
		r := &p.Rules[rule]
		d.Level = r.Level
		d.OmitStages |= r.OmitStages
		if r.OmitManagedFieldsIsForced {
			d.OmitManagedFields = r.OmitManagedFields
		}
	}
	return d
}

// Matches reports whether the rule is for the request.
func (r *Rule) Matches(a *Attributes) bool {
	if len(r.Users) > 0 && (a.Nobody || !slices.Contains(r.Users, a.User)) {
		return false
	}
	if len(r.UserGroups) > 0 && (a.Nobody || !slices.ContainsFunc(a.Groups, func(g string) bool { return slices.Contains(r.UserGroups, g) })) {
		return false
	}
	if len(r.Verbs) > 0 && !slices.Contains(r.Verbs, a.Verb) {
		return false
	}
	if len(r.Namespaces) > 0 || len(r.Resources) > 0 {
		return a.ResourceRequest && r.matchesResource(a)
	}
	if len(r.NonResourceURLs) > 0 {
		return !a.ResourceRequest && slices.ContainsFunc(r.NonResourceURLs, func(spec string) bool { return pathMatches(a.Path, spec) })
	}
	return true
}

func (r *Rule) matchesResource(a *Attributes) bool {
	if len(r.Namespaces) > 0 && !slices.Contains(r.Namespaces, a.Namespace) {
		return false
	}
	if len(r.Resources) == 0 {
		return true
	}
	for i := range r.Resources {
		if r.Resources[i].matches(a) {
			return true
		}
	}
	return false
}

func (g *GroupResources) matches(a *Attributes) bool {
	if g.Group != a.Group && g.Group != "*" {
		return false
	}
	if len(g.Resources) == 0 {
		return true
	}
	if len(g.ResourceNames) > 0 && !slices.Contains(g.ResourceNames, a.Name) {
		return false
	}
	return slices.ContainsFunc(g.Resources, func(pattern string) bool { return resourceMatches(pattern, a.Resource, a.Subresource) })
}

// resourceMatches reports whether a pattern is for a resource. "pods/*" is for the pods themselves too: the API server only looks at
// the resource there.
func resourceMatches(pattern, resource, subresource string) bool {
	if pattern == "*" {
		return true
	}
	if subresource == "" {
		if pattern == resource {
			return true
		}
	} else {
		if sub, ok := strings.CutPrefix(pattern, resource); ok && strings.HasPrefix(sub, "/") && sub[1:] == subresource {
			return true
		}
		if sub, ok := strings.CutPrefix(pattern, "*/"); ok && sub == subresource {
			return true
		}
	}
	all, ok := strings.CutSuffix(pattern, "/*")
	return ok && all == resource
}

// pathMatches reports whether a pattern of nonResourceURLs is for a path.
func pathMatches(path, spec string) bool {
	if spec == "*" || spec == path {
		return true
	}
	return strings.HasSuffix(spec, "*") && strings.HasPrefix(path, strings.TrimRight(spec, "*"))
}

// Authenticated returns the groups that the API server gives to a user for his name, besides those that his credentials name:
// system:authenticated, and those of service accounts and nodes.
func Authenticated(user string) []string { return impliedGroups(user) }

// ResourceVerbs returns the verbs that a request for a resource can have and that people write. Others, such as impersonate or
// approve, are known to authorizers only.
func ResourceVerbs() []string { return slices.Clone(resourceVerbs[1 : len(resourceVerbs)-1]) }
