package generate

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// right is the smallest thing that a rule can allow: a verb on a resource by name, or on a path.
type right struct {
	verb, group, resource string
	name                  string // "" is all names
	path                  string
}

func (r right) unnamed() right {
	r.name = ""
	return r
}

// rights are rights and how often they were used.
type rights map[right]int

// asked is what was asked for in each scope: "" is the cluster, everything else a namespace.
type asked struct {
	scopes        map[string]rights
	inexpressible int
	created       int
	grants        bool
}

// gather makes rights of the requests.
func gather(o *Observed, opts RoleOptions) *asked {
	a := &asked{scopes: map[string]rights{}}
	for request, use := range o.seen {
		if use.common && !opts.KeepCommon {
			continue
		}
		scope, r := requestRight(request)
		if !expressible(scope, r) {
			a.inexpressible++
			continue
		}
		if use.implied {
			a.created++
		}
		a.grants = a.grants || grantsRights(r)
		if a.scopes[scope] == nil {
			a.scopes[scope] = rights{}
		}
		a.scopes[scope][r] += use.count
	}
	a.absorb()
	return a
}

// requestRight returns the right that the request needs, and where.
//
// The authorizer takes the name of a namespace for its namespace as well, so a Role in it could allow to get it. But that Role
// could not be there before the namespace is, and a ClusterRole with the name allows the same.
func requestRight(q Request) (scope string, r right) {
	r = right{verb: q.Verb, group: q.Group, resource: q.Resource, name: q.Name, path: q.Path}
	if base, _, _ := strings.Cut(q.Resource, "/"); base == "namespaces" && q.Group == "" && q.Name == q.Namespace {
		return "", r
	}
	return q.Namespace, r
}

// expressible reports whether there is a rule that allows the right and nothing else. A client may ask for "pods" in the
// group "*", or for the path "/a*", and somebody who may do everything is not refused; but in a rule that is a wildcard.
// k8s.io/kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go
func expressible(scope string, r right) bool {
	if r.verb == "" || r.verb == "*" {
		return false
	}
	if r.resource == "" {
		return r.path != "" && !strings.HasSuffix(r.path, "*")
	}
	return r.group != "*" && r.resource != "*" && !strings.HasPrefix(r.resource, "*/") && (scope == "" || isLabel(scope))
}

// grantsRights reports whether the API server looks at the rights of who does this.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
func grantsRights(r right) bool {
	if r.group != "rbac.authorization.k8s.io" {
		return false
	}
	switch r.resource {
	case "roles", "clusterroles", "rolebindings", "clusterrolebindings":
		return r.verb == "create" || r.verb == "update" || r.verb == "patch"
	default:
		return false
	}
}

// expand allows what the options allow beyond what was asked for.
func (a *asked) expand(opts RoleOptions) {
	for scope, from := range a.scopes {
		to := rights{}
		for r, used := range from {
			if r.path == "" && (opts.AnyName || slices.Contains(opts.AnyNameOf, resourceText(r))) {
				r.name = ""
			}
			to[r] += used
			if !opts.ExpandVerbs || r.path != "" {
				continue
			}
			for _, verb := range expansions(r.verb) {
				more := r
				more.verb = verb
				to[more] += 0
			}
		}
		a.scopes[scope] = to
	}
	a.absorb()
}

// expansions are those of audit2rbac. https://github.com/liggitt/audit2rbac/blob/master/pkg/process.go
func expansions(verb string) []string {
	switch verb {
	case "list":
		return []string{"get", "watch"}
	case "watch":
		return []string{"get", "list"}
	case "update":
		return []string{"get", "patch"}
	case "patch":
		return []string{"get", "update"}
	default:
		return nil
	}
}

// absorb takes away the rights that others include: those by name where all names are allowed, and those in a namespace where
// they are allowed in all of them.
func (a *asked) absorb() {
	cluster := a.scopes[""]
	into := func(from rights, r right, to rights, wider right) {
		to[wider] += from[r]
		delete(from, r)
	}
	for scope, list := range a.scopes {
		for r := range list {
			wide := r.unnamed()
			_, all := list[wide]
			if r.name != "" && all {
				into(list, r, list, wide)
				r = wide
			}
			if scope == "" {
				continue
			}
			if _, ok := cluster[wide]; ok {
				into(list, r, cluster, wide)
			} else if _, ok := cluster[r]; ok {
				into(list, r, cluster, r)
			}
		}
	}
}

// resourceText writes a resource as kubectl does: "deployments.apps/scale".
func resourceText(r right) string {
	base, sub, ok := strings.Cut(r.resource, "/")
	if r.group != "" {
		base += "." + r.group
	}
	if ok {
		return base + "/" + sub
	}
	return base
}

// suggest finds the resources of which many names were made up by a controller.
func suggest(scopes map[string]rights, opts RoleOptions) []Suggestion {
	many := cmp.Or(opts.ManyNames, DefaultManyNames)
	list := []Suggestion{}
	for _, scope := range sortedKeys(scopes) {
		names := map[string]map[string]bool{}
		for r := range scopes[scope] {
			if r.name == "" || opts.AnyName {
				continue
			}
			resource := resourceText(r)
			if names[resource] == nil {
				names[resource] = map[string]bool{}
			}
			names[resource][r.name] = true
		}
		for _, resource := range sortedKeys(names) {
			generated := 0
			for name := range names[resource] {
				if isGenerated(name) {
					generated++
				}
			}
			if generated > many && !slices.Contains(opts.AnyNameOf, resource) {
				list = append(list, Suggestion{Namespace: scope, Resource: resource, Names: len(names[resource]), Generated: generated})
			}
		}
	}
	return list
}

// isGenerated reports whether the name ends as the API server ends names that it generates: in a dash and five characters of an
// alphabet without vowels. k8s.io/apiserver/pkg/storage/names, k8s.io/apimachinery/pkg/util/rand
func isGenerated(name string) bool {
	const suffix = 5
	if len(name) < suffix+2 || name[len(name)-suffix-1] != '-' {
		return false
	}
	return strings.Trim(name[len(name)-suffix:], "bcdfghjklmnpqrstvwxz2456789") == ""
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
