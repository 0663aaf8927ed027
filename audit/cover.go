package audit

import (
	"slices"
	"strings"
)

// dim is one of the things about a request that rules look at.
type dim uint8

const (
	byGroup dim = iota
	byResource
	bySubresource
	byVerb
	byNamespace
	byName
	byPath
	byUser
	byUserGroup
	dims
)

// A request for a resource has no path that a rule sees, and one for a URL no resource.
var (
	resourceDims = []dim{byGroup, byResource, bySubresource, byVerb, byUser, byUserGroup, byNamespace, byName}
	urlDims      = []dim{byPath, byVerb, byUser, byUserGroup}
)

// words are the values that a rule takes in one dimension; nil is any.
type words struct {
	list []string
	set  map[string]struct{} // for long lists, made when first asked
}

// longList is from where on a list is looked up by hash.
const longList = 8

func listed(list []string) *words {
	if len(list) == 0 {
		return nil
	}
	return &words{list: list}
}

func only(word string) *words { return &words{list: []string{word}} }

func (w *words) has(word string) bool {
	if len(w.list) <= longList {
		return slices.Contains(w.list, word)
	}
	if w.set == nil {
		w.set = make(map[string]struct{}, len(w.list))
		for _, s := range w.list {
			w.set[s] = struct{}{}
		}
	}
	_, ok := w.set[word]
	return ok
}

// cube is a set of requests that is a product: any combination of the values of its dimensions. A rule is a union of cubes.
type cube struct {
	rule int
	in   [dims]*words
}

// takes reports whether a value is in the cube.
func (c *cube) takes(d dim, value string) bool {
	w := c.in[d]
	if w == nil {
		return true
	}
	if d == byPath {
		return slices.ContainsFunc(w.list, func(spec string) bool { return pathMatches(value, spec) })
	}
	return w.has(value)
}

// isAny reports whether the cube takes all values of all these dimensions.
func (c *cube) isAny(ds []dim) bool {
	for _, d := range ds {
		if c.in[d] != nil {
			return false
		}
	}
	return true
}

// size is how many values the cube lists.
func (c *cube) size() int {
	n := 1
	for _, w := range c.in {
		if w != nil {
			n += len(w.list)
		}
	}
	return n
}

// base is what is the same in all cubes of a rule.
func base(rule int, r *Rule) cube {
	c := cube{rule: rule}
	c.in[byVerb], c.in[byUser], c.in[byUserGroup] = listed(r.Verbs), listed(r.Users), listed(r.UserGroups)
	return c
}

// resourceCubes returns the requests for resources that a rule is for.
func resourceCubes(rule int, r *Rule) []*cube {
	c := base(rule, r)
	c.in[byNamespace] = listed(r.Namespaces)
	if len(r.Resources) == 0 {
		if len(r.Namespaces) == 0 && len(r.NonResourceURLs) > 0 {
			return nil
		}
		return []*cube{&c}
	}
	var cubes []*cube
	for i := range r.Resources {
		cubes = r.Resources[i].appendCubes(cubes, c)
	}
	return cubes
}

func (g *GroupResources) appendCubes(cubes []*cube, c cube) []*cube {
	if g.Group != "*" {
		c.in[byGroup] = only(g.Group)
	}
	if len(g.Resources) == 0 {
		return append(cubes, &c)
	}
	c.in[byName] = listed(g.ResourceNames)
	for _, pattern := range g.Resources {
		if one, ok := patternCube(c, pattern); ok {
			cubes = append(cubes, &one)
		}
	}
	return cubes
}

// patternCube narrows a cube to the resources of a pattern. ok is false if no request has such a resource: the segments of a path
// are not empty and have no slash (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go).
func patternCube(c cube, pattern string) (cube, bool) {
	if pattern == "*" {
		return c, true
	}
	resource, sub, found := strings.Cut(pattern, "/")
	if resource == "" || found && (sub == "" || strings.Contains(sub, "/")) {
		return c, false
	}
	if resource == "*" {
		if sub == "*" {
			return c, false // it stands for the subresource of that name, which nobody has
		}
		c.in[bySubresource] = only(sub)
		return c, true
	}
	c.in[byResource] = only(resource)
	if sub != "*" {
		c.in[bySubresource] = only(sub)
	}
	return c, true
}

// urlCubes returns the requests for URLs that a rule is for.
func urlCubes(rule int, r *Rule) []*cube {
	if len(r.Resources) > 0 || len(r.Namespaces) > 0 {
		return nil
	}
	c := base(rule, r)
	var cubes []*cube
	for _, spec := range r.NonResourceURLs {
		one := c
		if spec != "*" {
			one.in[byPath] = only(spec)
		}
		cubes = append(cubes, &one)
	}
	if cubes == nil {
		cubes = append(cubes, &c)
	}
	return cubes
}

// resourceVerbs are all verbs that a request for a resource can have. "" is that of methods such as OPTIONS.
// Source: k8s.io/apiserver/pkg/endpoints/request/requestinfo.go.
var resourceVerbs = []string{"", "get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "proxy"}

// Values that stand for all those that no rule names. A space cannot be in a path segment that a rule could mean by accident, since
// what a rule names is compared as a whole.
const fresh = "\x00other"

// answer is what a search found out.
type answer uint8

const (
	covered answer = iota // every request of the query is in another cube
	found                 // there is one that is not
	unknown               // the search was given up
)

// maxWork bounds the comparisons for all questions about one policy together.
const maxWork = 2 << 20

// solver looks for requests.
type solver struct{ work int }

// find looks for a request that is in query and in none of the others.
//
// The others only say which values they take. So where the query takes any value, one that nobody names is the best choice, and of
// listed values one that no other cube names; only if all of them are named by some, each has to be tried.
func (s *solver) find(query *cube, others []*cube, order []dim) (*witness, answer) {
	w := &witness{}
	return w, s.try(query, others, order, w)
}

// witness has a value for each dimension.
type witness [dims]string

func (s *solver) try(query *cube, others []*cube, order []dim, w *witness) answer {
	for i := range others {
		if s.spend(1); others[i].isAny(order) {
			return covered
		}
	}
	if s.work > maxWork {
		return unknown
	}
	if len(order) == 0 {
		return found // whoever is left without dimensions takes everything, so nobody is left
	}
	d, rest := order[0], order[1:]
	values := candidates(query, d)
	least := 0 // those that take every value
	for _, c := range others {
		if c.in[d] == nil {
			least++
		}
	}
	result := covered
	for pass := range 2 {
		for _, value := range values {
			left := s.filter(others, d, value)
			if s.work > maxWork {
				return unknown
			}
			// First those that are in as few as possible: if one of them does not do, no value does.
			if best := len(left) == least; best != (pass == 0) {
				continue
			} else if best {
				w[d] = value
				return s.try(query, left, rest, w)
			}
			w[d] = value
			if a := s.try(query, left, rest, w); a != covered {
				return a
			}
		}
	}
	return result
}

func (s *solver) spend(n int) { s.work += n }

func (s *solver) filter(cubes []*cube, d dim, value string) []*cube {
	s.spend(1 + len(cubes))
	left := make([]*cube, 0, len(cubes))
	for _, c := range cubes {
		if c.takes(d, value) {
			left = append(left, c)
		}
	}
	return left
}

// candidates are the values of a query that stand for all of them.
func candidates(query *cube, d dim) []string {
	w := query.in[d]
	switch {
	case d == byPath && w == nil:
		return []string{fresh}
	case d == byPath:
		values := make([]string, len(w.list))
		for i, spec := range w.list {
			values[i] = spec
			if strings.HasSuffix(spec, "*") {
				values[i] = strings.TrimRight(spec, "*") + fresh
			}
		}
		return values
	case w == nil:
		return []string{fresh}
	default:
		return w.list
	}
}

// overlap returns what two cubes have in common. ok is false if that is nothing. Paths have to be any in one of them.
func overlap(a, b *cube) (c cube, ok bool) {
	c = *b
	for d := range dims {
		x, y := a.in[d], b.in[d]
		switch {
		case x == nil:
		case y == nil:
			c.in[d] = x
		default:
			common := intersection(x, y)
			if len(common) == 0 {
				return c, false
			}
			c.in[d] = listed(common)
		}
	}
	return c, true
}

func intersection(x, y *words) []string {
	if len(y.list) < len(x.list) {
		x, y = y, x
	}
	var common []string
	for _, s := range x.list {
		if y.has(s) {
			common = append(common, s)
		}
	}
	return common
}
