package generate

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/rbac"
)

// requestIndex finds the requests that a rule may allow without looking at all of them, unless the rule is for all resources.
type requestIndex struct {
	counts map[Request]int
	all    []Request            // on resources
	paths  []Request            // on non-resource URLs
	exact  map[string][]Request // by resource with subresource
	sub    map[string][]Request // by "*/subresource"
}

// hit is a request that a rule allows.
type hit struct {
	request Request
	count   int
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

// uses returns the requests that the rule allows.
func (x *requestIndex) uses(g GrantedRule) []hit {
	m := newMatcher(g)
	var list []hit
	seen := map[Request]bool{}
	take := func(from []Request) {
		for _, q := range from {
			if !seen[q] && m.allows(q) {
				seen[q] = true
				list = append(list, hit{q, x.counts[q]})
			}
		}
	}
	if len(g.Rule.NonResourceURLs) > 0 {
		take(x.paths)
	}
	for resource := range m.resources {
		switch {
		case m.resources["*"]:
			take(x.all)
			return list
		case strings.HasPrefix(resource, "*/"):
			take(x.sub[resource])
		default:
			take(x.exact[resource])
		}
	}
	return list
}

// matcher is a rule as sets, so that a rule with many names costs no more per request than one with few.
type matcher struct {
	namespace                      string
	verbs, groups, resources, urls map[string]bool
	names                          map[string]bool // nil is all names
	prefixes                       []string        // of URLs, sorted, none the beginning of another
}

func newMatcher(g GrantedRule) *matcher {
	m := &matcher{
		namespace: g.Namespace, verbs: set(g.Rule.Verbs), groups: set(g.Rule.APIGroups),
		resources: set(g.Rule.Resources), urls: set(g.Rule.NonResourceURLs), prefixes: prefixes(g.Rule),
	}
	if len(g.Rule.ResourceNames) > 0 {
		m.names = set(g.Rule.ResourceNames)
	}
	return m
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

func prefixes(rule rbac.Rule) []string {
	var all []string
	for _, url := range rule.NonResourceURLs {
		if prefix, ok := urlPrefix(url); ok {
			all = append(all, prefix)
		}
	}
	slices.Sort(all)
	kept := all[:0]
	for _, prefix := range all {
		if len(kept) == 0 || !strings.HasPrefix(prefix, kept[len(kept)-1]) {
			kept = append(kept, prefix)
		}
	}
	return kept
}

// urlPrefix returns what a URL in a rule that ends in a wildcard stands for.
func urlPrefix(url string) (prefix string, ok bool) {
	return strings.TrimRight(url, "*"), strings.HasSuffix(url, "*")
}

// allows is RuleAllows of k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/rbac.go.
func (m *matcher) allows(q Request) bool {
	if m.namespace != "" && m.namespace != q.Namespace || !m.verbs["*"] && !m.verbs[q.Verb] {
		return false
	}
	if q.Resource == "" {
		return m.urls[q.Path] || m.hasPrefix(q.Path) // its namespace is "", so that of the rule is too
	}
	_, sub, ok := strings.Cut(q.Resource, "/")
	return (m.groups["*"] || m.groups[q.Group]) &&
		(m.resources["*"] || m.resources[q.Resource] || ok && m.resources["*/"+sub]) &&
		(m.names == nil || m.names[q.Name])
}

// hasPrefix looks at the one prefix that can be: whatever stands between a prefix of the path and the path begins with it too.
func (m *matcher) hasPrefix(path string) bool {
	i, found := slices.BinarySearch(m.prefixes, path)
	return found || i > 0 && strings.HasPrefix(path, m.prefixes[i-1])
}
