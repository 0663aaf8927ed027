package rbac

import (
	"slices"
	"strings"
)

// Request is what somebody wants to do: something with a resource, or, if Path is not empty, with a URL that is none.
type Request struct {
	Verb string
	// APIGroup is "" for the core group.
	APIGroup, Resource, Subresource string
	// Namespace is "" for what is in no namespace, and for all namespaces at once.
	Namespace string
	// Name is "" where the request names no object, as create, list and watch usually do.
	Name string
	// Path is the path of a request for no resource: /healthz.
	Path string
}

// Allows reports whether the rule allows the request, wherever it is bound: k8s.io/kubernetes/pkg/apis/rbac/v1, evaluation_helpers.go,
// and RuleAllows of k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac.
func (r *Rule) Allows(q *Request) bool {
	if !has(r.Verbs, q.Verb) {
		return false
	}
	if q.Path != "" {
		return r.allowsPath(q.Path)
	}
	return has(r.APIGroups, q.APIGroup) && r.allowsResource(q.Resource, q.Subresource) &&
		(len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, q.Name))
}

// has reports whether a list has s, or the star for everything.
func has(list []string, s string) bool {
	for _, v := range list {
		if v == s || v == "*" {
			return true
		}
	}
	return false
}

// allowsResource knows that "*" is every resource and subresource, "*/scale" that subresource of every resource, and that "pods/*"
// is nothing but its own letters.
func (r *Rule) allowsResource(resource, subresource string) bool {
	for _, v := range r.Resources {
		switch {
		case v == "*":
			return true
		case subresource == "":
			if v == resource {
				return true
			}
		case len(v) == len(resource)+1+len(subresource) && strings.HasPrefix(v, resource) && v[len(resource)] == '/' && strings.HasSuffix(v, subresource):
			return true
		case len(v) == 2+len(subresource) && strings.HasPrefix(v, "*/") && strings.HasSuffix(v, subresource):
			return true
		}
	}
	return false
}

func (r *Rule) allowsPath(path string) bool {
	for _, v := range r.NonResourceURLs {
		if v == "*" || v == path {
			return true
		}
		if strings.HasSuffix(v, "*") && strings.HasPrefix(path, strings.TrimRight(v, "*")) {
			return true
		}
	}
	return false
}

// all reports whether the rule allows everything that can be done to every resource.
func (r *Rule) all() bool {
	return len(r.ResourceNames) == 0 && slices.Contains(r.APIGroups, "*") && slices.Contains(r.Resources, "*") && EveryVerb(r.Verbs)
}

// EveryVerb reports whether verbs are as good as "*": those by which an object is read, made, changed and deleted. What they leave out can be had
// by them: who may write every object may give themselves bind, escalate, impersonate and what an API server of somebody else
// asks for, if not by a role, then by a pod that runs as an account that has them.
func EveryVerb(verbs []string) bool {
	has := func(verb string) bool { return slices.Contains(verbs, verb) }
	return has("*") || has("get") && has("list") && has("create") && has("delete") && (has("update") || has("patch"))
}
