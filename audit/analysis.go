package audit

import (
	"slices"
	"strconv"
	"strings"
)

// analysis is what the questions about one policy share.
type analysis struct {
	solver

	policy    *Policy
	resources []*cube // of all rules, in their order
	urls      []*cube
	human     string // a user whom no rule names
	known     [dims]map[string]bool
}

func newAnalysis(p *Policy) *analysis {
	a := &analysis{policy: p}
	for i := range p.Rules {
		a.resources = append(a.resources, resourceCubes(i, &p.Rules[i])...)
		a.urls = append(a.urls, urlCubes(i, &p.Rules[i])...)
	}
	for d := range dims {
		a.known[d] = map[string]bool{}
	}
	for _, c := range slices.Concat(a.resources, a.urls) {
		for d := range dims {
			if c.in[d] != nil && len(c.in[d].list) == 1 {
				a.known[d][c.in[d].list[0]] = true
			}
		}
	}
	for i := range p.Rules {
		r := &p.Rules[i]
		for d, list := range map[dim][]string{byVerb: r.Verbs, byUser: r.Users, byUserGroup: r.UserGroups, byNamespace: r.Namespaces} {
			a.remember(d, list)
		}
		for j := range r.Resources {
			a.remember(byName, r.Resources[j].ResourceNames)
		}
	}
	a.human = a.unnamed(byUser)
	return a
}

func (a *analysis) remember(d dim, list []string) {
	for _, s := range list {
		a.known[d][s] = true
	}
}

func (a *analysis) exhausted() bool { return a.work > maxWork }

// examples are values for those that no rule names.
var examples = [dims]string{
	byGroup: "example.com", byResource: "widgets", bySubresource: "details", byVerb: "report", byNamespace: "shop", byName: "example", byPath: "/other", byUser: "jane", byUserGroup: "staff",
}

// unnamed returns a readable value that no rule names.
func (a *analysis) unnamed(d dim) string {
	for i := 1; ; i++ {
		s := examples[d]
		if i > 1 {
			s += "-" + strconv.Itoa(i)
		}
		if !a.known[d][s] {
			return s
		}
	}
}

// request makes the request of a witness.
func (a *analysis) request(w *witness, p *persona, isResource bool) Attributes {
	value := func(d dim) string {
		if w[d] == fresh {
			return a.unnamed(d)
		}
		return w[d]
	}
	r := Attributes{User: p.user, Groups: p.groups, Verb: value(byVerb), ResourceRequest: isResource}
	if !isResource {
		r.Path = value(byPath)
		if before, ok := strings.CutSuffix(r.Path, fresh); ok {
			r.Path = a.unlisted(before)
		}
		return r
	}
	r.Group, r.Resource, r.Subresource, r.Namespace, r.Name = value(byGroup), value(byResource), value(bySubresource), value(byNamespace), value(byName)
	if r.Resource == "namespaces" && r.Subresource == "" && r.Namespace != "" && w[byName] == fresh {
		r.Name = r.Namespace
	}
	return r
}

// unlisted returns a path below a prefix that no longer pattern of the policy is for.
func (a *analysis) unlisted(prefix string) string {
	for i := 1; ; i++ {
		path := prefix + "other"
		if i > 1 {
			path += "-" + strconv.Itoa(i)
		}
		if !slices.ContainsFunc(a.urls, func(c *cube) bool {
			return c.in[byPath] != nil && slices.ContainsFunc(c.in[byPath].list, func(spec string) bool {
				bare := strings.TrimRight(spec, "*")
				return len(bare) > len(prefix) && pathMatches(path, spec)
			})
		}) {
			return path
		}
	}
}

// whose returns the cubes that take the requests of somebody.
func (a *analysis) whose(cubes []*cube, p *persona) []*cube {
	a.spend(len(cubes))
	var out []*cube
	for _, c := range cubes {
		if c.isFor(p) {
			out = append(out, c)
		}
	}
	return out
}

// personal are the dimensions of a resource request of a known user.
var personal = []dim{byGroup, byResource, bySubresource, byVerb, byNamespace, byName}

// relevant returns the cubes that have something in common with an operation.
func (a *analysis) relevant(o *operation) []*cube {
	a.spend(len(a.resources))
	var out []*cube
	for _, c := range a.resources {
		if c.takes(byGroup, o.group) && c.takes(byResource, o.resource) && c.takes(bySubresource, o.sub) {
			out = append(out, c)
		}
	}
	return out
}

// reach looks for a request of an operation that comes as far as each of the rules that want says, and, as rule -1, one that no rule
// matches. It calls hit with the first that it finds for somebody.
func (a *analysis) reach(o *operation, p *persona, relevant []*cube, want func(rule int) bool, hit func(rule int, r Attributes)) {
	mine := a.whose(relevant, p)
	last, first, done := -2, 0, false // the rule of the cube before, its first cube, and whether it is reached
	for i, c := range mine {
		if c.rule != last {
			last, first, done = c.rule, i, false
		}
		if done || !want(c.rule) || a.exhausted() {
			continue
		}
		a.spend(c.size())
		q, ok := o.within(c)
		if !ok {
			continue
		}
		if w, result := a.find(&q, mine[:first], personal); result == found {
			done = true
			hit(c.rule, a.request(w, p, true))
		}
	}
	if !want(-1) || a.exhausted() {
		return
	}
	q := o.cube()
	if w, result := a.find(q, mine, personal); result == found {
		hit(-1, a.request(w, p, true))
	}
}
