package generate

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/rbac"
)

// GrantedRule is a rule that the subject of an Observed has.
type GrantedRule struct {
	// Rule is the rule as the role has it.
	Rule rbac.Rule
	// Namespace is where its binding grants it; "" for a ClusterRoleBinding, that is everywhere.
	Namespace string
	// Origin is whatever the caller knows the rule by. It comes back as it is.
	Origin string
}

// UnusedRight is what of a granted rule was never used.
type UnusedRight struct {
	// Granted is the index of the rule, Origin its origin.
	Granted int    `json:"granted"`
	Origin  string `json:"origin,omitempty"`
	// Never is set if no request at all needed the rule. Then nothing else is set.
	Never bool `json:"never"`
	// The parts of the rule that no request needed, as the rule has them. A wildcard that was used is not among them.
	Verbs           []string `json:"verbs,omitempty"`
	APIGroups       []string `json:"apiGroups,omitempty"`
	Resources       []string `json:"resources,omitempty"`
	ResourceNames   []string `json:"resourceNames,omitempty"`
	NonResourceURLs []string `json:"nonResourceURLs,omitempty"`
	// Instead are the rules that allow what was done by means of the rule, and nothing else (but any name, if the rule has
	// no names). They are exact where the parts are not: of get and list on pods and secrets, each may have been used,
	// and get on secrets never.
	Instead []RoleRule `json:"instead,omitempty"`
	// Namespaces are where a rule that is granted everywhere was used, if it was used in namespaces only; else it is empty.
	Namespaces []string `json:"namespaces,omitempty"`
}

// UnusedRights returns what of the granted rules was never used, in the order of the rules. A rule that was used in every
// combination of its parts is not among them; a request that several rules allow uses all of them. It is as good as the log is
// long: what happens once a year looks unused.
func UnusedRights(granted []GrantedRule, o *Observed) []UnusedRight {
	index := indexRequests(o)
	var list []UnusedRight
	for i, g := range granted {
		u := unused(g, index.uses(g))
		if u == nil {
			continue
		}
		u.Granted, u.Origin = i, g.Origin
		list = append(list, *u)
	}
	return list
}

// unused compares a rule with its uses; nil if all of it is used.
func unused(g GrantedRule, hits []hit) *UnusedRight {
	if len(hits) == 0 {
		return &UnusedRight{Never: true}
	}
	rule, needed := g.Rule, rights{}
	namespaces, asked := map[string]bool{}, newAsks()
	for _, h := range hits {
		asked.add(h.request)
		namespaces[h.request.Namespace] = true
		r := right{verb: h.request.Verb, group: h.request.Group, resource: h.request.Resource, name: h.request.Name, path: h.request.Path}
		if len(rule.ResourceNames) == 0 {
			r.name = ""
		}
		needed[r] += h.count
	}
	if isFull(rule, needed) {
		return nil
	}
	u := &UnusedRight{
		Verbs:           without(rule.Verbs, asked.verbs),
		APIGroups:       without(rule.APIGroups, asked.groups),
		Resources:       without(rule.Resources, asked.resources),
		ResourceNames:   without(rule.ResourceNames, asked.names),
		NonResourceURLs: asked.unusedPaths(rule.NonResourceURLs),
		Instead:         compact(needed),
	}
	if g.Namespace == "" && !namespaces[""] {
		u.Namespaces = sortedKeys(namespaces)
	}
	return u
}

// asks are the parts of a rule that requests make use of.
type asks struct {
	verbs, groups, resources, names, paths map[string]bool
}

func newAsks() *asks {
	return &asks{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
}

func (a *asks) add(q Request) {
	a.verbs[q.Verb], a.verbs["*"] = true, true
	if q.Resource == "" {
		a.paths[q.Path] = true
		return
	}
	a.groups[q.Group], a.groups["*"] = true, true
	a.resources[q.Resource], a.resources["*"] = true, true
	if _, sub, ok := strings.Cut(q.Resource, "/"); ok {
		a.resources["*/"+sub] = true
	}
	a.names[q.Name] = true
}

// unusedPaths returns the URLs that no path matches.
func (a *asks) unusedPaths(granted []string) []string {
	paths := sortedKeys(a.paths)
	var list []string
	for _, url := range granted {
		used := a.paths[url]
		if prefix, ok := urlPrefix(url); ok && !used {
			i, _ := slices.BinarySearch(paths, prefix)
			used = i < len(paths) && strings.HasPrefix(paths[i], prefix)
		}
		if !used {
			list = append(list, url)
		}
	}
	return list
}

func without(granted []string, used map[string]bool) []string {
	var list []string
	for _, part := range granted {
		if !used[part] {
			list = append(list, part)
		}
	}
	return list
}

// isFull reports whether every combination that the rule allows is needed. With a wildcard, it cannot be.
func isFull(rule rbac.Rule, needed rights) bool {
	distinct := func(list []string) int {
		return len(slices.Compact(slices.Sorted(slices.Values(list))))
	}
	for _, part := range [][]string{rule.Verbs, rule.APIGroups, rule.Resources} {
		if slices.Contains(part, "*") {
			return false
		}
	}
	for _, resource := range rule.Resources {
		if strings.HasPrefix(resource, "*/") {
			return false
		}
	}
	for _, path := range rule.NonResourceURLs {
		if strings.HasSuffix(path, "*") {
			return false
		}
	}
	verbs := distinct(rule.Verbs)
	all := verbs * distinct(rule.APIGroups) * distinct(rule.Resources) * max(1, distinct(rule.ResourceNames))
	return len(needed) == all+verbs*distinct(rule.NonResourceURLs)
}
