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

// requestIndex finds the requests that a rule may allow without looking at all of them.
type requestIndex struct {
	counts map[Request]int
	all    []Request            // on resources
	paths  []Request            // on non-resource URLs
	exact  map[string][]Request // by resource with subresource
	sub    map[string][]Request // by "*/subresource"
}

func indexRequests(o *Observed) *requestIndex {
	x := &requestIndex{counts: map[Request]int{}, exact: map[string][]Request{}, sub: map[string][]Request{}}
	for _, q := range o.Requests() {
		x.counts[q] = o.seen[q].count
		if q.Resource == "" {
			x.paths = append(x.paths, q)
			continue
		}
		x.all = append(x.all, q)
		x.exact[q.Resource] = append(x.exact[q.Resource], q)
		if _, sub, ok := strings.Cut(q.Resource, "/"); ok {
			x.sub["*/"+sub] = append(x.sub["*/"+sub], q)
		}
	}
	return x
}

// hit is a request that a rule allows, with the parts of the rule that do so.
type hit struct {
	request Request
	count   int
}

// uses returns the requests that the rule allows.
func (x *requestIndex) uses(g GrantedRule) []hit {
	var list []hit
	seen := map[Request]bool{}
	take := func(from []Request) {
		for _, q := range from {
			if !seen[q] && allows(g, q) {
				seen[q] = true
				list = append(list, hit{q, x.counts[q]})
			}
		}
	}
	if len(g.Rule.NonResourceURLs) > 0 && g.Namespace == "" {
		take(x.paths)
	}
	for _, resource := range g.Rule.Resources {
		switch {
		case resource == "*":
			take(x.all)
		case strings.HasPrefix(resource, "*/"):
			take(x.sub[resource])
		default:
			take(x.exact[resource])
		}
	}
	return list
}

// allows is RuleAllows of k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/rbac.go.
func allows(g GrantedRule, q Request) bool {
	if g.Namespace != "" && g.Namespace != q.Namespace || !slices.ContainsFunc(g.Rule.Verbs, matches(q.Verb)) {
		return false
	}
	if q.Resource == "" {
		return g.Namespace == "" && slices.ContainsFunc(g.Rule.NonResourceURLs, matchesPath(q.Path))
	}
	return slices.ContainsFunc(g.Rule.APIGroups, matches(q.Group)) &&
		slices.ContainsFunc(g.Rule.Resources, matchesResource(q.Resource)) &&
		(len(g.Rule.ResourceNames) == 0 || slices.Contains(g.Rule.ResourceNames, q.Name))
}

func matches(asked string) func(string) bool {
	return func(granted string) bool { return granted == "*" || granted == asked }
}

func matchesResource(asked string) func(string) bool {
	_, sub, ok := strings.Cut(asked, "/")
	return func(granted string) bool {
		return granted == "*" || granted == asked || ok && strings.HasPrefix(granted, "*/") && granted[2:] == sub
	}
}

func matchesPath(asked string) func(string) bool {
	return func(granted string) bool {
		return granted == "*" || granted == asked ||
			strings.HasSuffix(granted, "*") && strings.HasPrefix(asked, strings.TrimRight(granted, "*"))
	}
}

// unused compares a rule with its uses; nil if all of it is used.
func unused(g GrantedRule, hits []hit) *UnusedRight {
	if len(hits) == 0 {
		return &UnusedRight{Never: true}
	}
	rule := g.Rule
	u := &UnusedRight{}
	parts := func(granted []string, match func(Request) func(string) bool) []string {
		used := make([]bool, len(granted))
		asked := map[string]bool{}
		for _, h := range hits {
			key := joinKey([]string{h.request.Verb, h.request.Group, h.request.Resource, h.request.Name, h.request.Path})
			if asked[key] {
				continue
			}
			asked[key] = true
			is := match(h.request)
			for i, v := range granted {
				used[i] = used[i] || is(v)
			}
		}
		var never []string
		for i, v := range granted {
			if !used[i] {
				never = append(never, v)
			}
		}
		return never
	}
	never := func(string) bool { return false }
	u.Verbs = parts(rule.Verbs, func(q Request) func(string) bool { return matches(q.Verb) })
	u.APIGroups = parts(rule.APIGroups, func(q Request) func(string) bool {
		if q.Resource == "" {
			return never
		}
		return matches(q.Group)
	})
	u.Resources = parts(rule.Resources, func(q Request) func(string) bool { return matchesResource(q.Resource) })
	u.ResourceNames = parts(rule.ResourceNames, func(q Request) func(string) bool {
		return func(granted string) bool { return granted == q.Name }
	})
	u.NonResourceURLs = parts(rule.NonResourceURLs, func(q Request) func(string) bool {
		if q.Path == "" {
			return never
		}
		return matchesPath(q.Path)
	})
	needed := rights{}
	namespaces := map[string]bool{}
	for _, h := range hits {
		r := right{verb: h.request.Verb, group: h.request.Group, resource: h.request.Resource, name: h.request.Name, path: h.request.Path}
		if len(rule.ResourceNames) == 0 {
			r.name = ""
		}
		needed[r] += h.count
		namespaces[h.request.Namespace] = true
	}
	if isFull(rule, needed) {
		return nil
	}
	u.Instead = compact(needed)
	if g.Namespace == "" && !namespaces[""] {
		u.Namespaces = sortedKeys(namespaces)
	}
	return u
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
