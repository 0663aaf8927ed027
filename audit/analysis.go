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

	audience   *audience          // of resources; made when first asked
	byResource map[string][]*cube // resources by the one that they are for, "" for any; made when first asked
	known      [dims]map[string]bool
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

// audience finds the cubes of somebody. Positions are those in analysis.resources.
type audience struct {
	byUser, byGroup map[string][]int
	everybody       []int
}

func newAudience(cubes []*cube) *audience {
	x := &audience{byUser: map[string][]int{}, byGroup: map[string][]int{}}
	for i, c := range cubes {
		switch {
		case c.in[byUser] != nil:
			for _, user := range c.in[byUser].list {
				x.byUser[user] = append(x.byUser[user], i)
			}
		case c.in[byUserGroup] != nil:
			for _, g := range c.in[byUserGroup].list {
				x.byGroup[g] = append(x.byGroup[g], i)
			}
		default:
			x.everybody = append(x.everybody, i)
		}
	}
	return x
}

// whose returns the cubes of resources that take the requests of somebody, in the order of their rules.
func (a *analysis) whose(p *persona) []*cube {
	if a.audience == nil {
		a.audience = newAudience(a.resources)
	}
	positions := slices.Concat(a.audience.everybody, a.audience.byUser[p.user])
	for _, g := range p.groups {
		positions = append(positions, a.audience.byGroup[g]...)
	}
	slices.Sort(positions)
	var out []*cube
	for _, i := range slices.Compact(positions) {
		if c := a.resources[i]; c.isFor(p) {
			out = append(out, c)
		}
	}
	a.spend(len(positions))
	return out
}

// question is an operation that is asked about, and for whom.
type question struct {
	operation *operation
	topic     int // which of the caller's topics it belongs to
}

// ask looks, for everybody whom the policy could treat differently, for requests of the operations that come as far as each of the
// rules that want says, and, as rule -1, for one that no rule matches. It calls hit with the first that it finds for somebody.
func (a *analysis) ask(questions []question, want func(q *question, rule int) bool, hit func(q *question, who *persona, rule int, r Attributes)) {
	for _, who := range a.personas() {
		mine := a.whose(&who)
		for i := range questions {
			if a.exhausted() {
				return
			}
			q := &questions[i]
			a.reach(q.operation, &who, a.relevant(mine, q.operation),
				func(rule int) bool { return want(q, rule) }, func(rule int, r Attributes) { hit(q, &who, rule, r) })
		}
	}
}

// personal are the dimensions of a resource request of a known user.
var personal = []dim{byGroup, byResource, bySubresource, byVerb, byNamespace, byName}

// relevant returns the cubes that have something in common with an operation.
func (a *analysis) relevant(cubes []*cube, o *operation) []*cube {
	a.spend(len(cubes))
	var out []*cube
	for _, c := range cubes {
		if c.takes(byGroup, o.group) && c.takes(byResource, o.resource) && c.takes(bySubresource, o.sub) {
			out = append(out, c)
		}
	}
	return out
}

// reach does this for one operation and one persona, given the cubes that are for both.
func (a *analysis) reach(o *operation, p *persona, mine []*cube, want func(rule int) bool, hit func(rule int, r Attributes)) {
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
