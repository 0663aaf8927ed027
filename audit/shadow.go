package audit

import (
	"slices"
	"strings"
)

// Shadow is a rule that no request reaches.
type Shadow struct {
	Rule int
	// By are the earlier rules that together take all its requests, as few as possible; empty if there never was a request for it.
	By []int
	// Reason says why there never was one, to be read behind the rule; "" if By says it.
	Reason string
	// Harmless says that all of By do with the requests what the rule would have done.
	Harmless bool
}

// Shadowed returns the rules that can never decide: all their requests match earlier rules, of which one or several together cover
// them, or no request is like that. complete is false if the policy is too intricate to look at all of it; what is
// returned is true even then.
//
// A request for a resource has one of ten verbs. Those that only the authorizer knows, such as impersonate, bind or approve, are not
// among them, so a rule for these alone matches nothing.
func (p *Policy) Shadowed() (list []Shadow, complete bool) {
	a := newAnalysis(p)
	for i := range p.Rules {
		if s, ok := a.shadow(i); ok {
			list = append(list, s)
		}
	}
	return list, !a.exhausted()
}

// kinds are the requests for resources and those for URLs.
type kindOf struct {
	cubes []*cube
	order []dim
}

func (a *analysis) kinds() [2]kindOf {
	return [2]kindOf{{a.resources, resourceDims}, {a.urls, urlDims}}
}

func ofRule(cubes []*cube, rule int) (own, earlier []*cube) {
	from, _ := slices.BinarySearchFunc(cubes, rule, func(c *cube, r int) int { return c.rule - r })
	to, _ := slices.BinarySearchFunc(cubes, rule+1, func(c *cube, r int) int { return c.rule - r })
	return cubes[from:to], cubes[:from]
}

// earlier returns the cubes of earlier rules that can take a part of a cube of resources. One that takes every resource has some that
// nobody names, which only those take that take every resource too.
func (a *analysis) earlier(c *cube) []*cube {
	before := func(cubes []*cube) []*cube {
		_, earlier := ofRule(cubes, c.rule)
		return earlier
	}
	if a.byResource == nil {
		a.byResource = map[string][]*cube{}
		for _, other := range a.resources {
			key := "" // any
			if w := other.in[byResource]; w != nil {
				key = w.list[0]
			}
			a.byResource[key] = append(a.byResource[key], other)
		}
	}
	everything := before(a.byResource[""])
	if c.in[byResource] == nil {
		return everything
	}
	return slices.Concat(before(a.byResource[c.in[byResource].list[0]]), everything)
}

// possible narrows a cube to verbs that requests for resources have.
func possible(c *cube) (cube, bool) {
	verbs := &cube{}
	verbs.in[byVerb] = &words{list: resourceVerbs}
	return overlap(verbs, c)
}

func (a *analysis) shadow(rule int) (Shadow, bool) {
	if r := &a.policy.Rules[rule]; len(r.Resources) > 0 && !slices.ContainsFunc(r.Resources, func(g GroupResources) bool { return !isNoGroup(g.Group) }) {
		return Shadow{Rule: rule, Reason: "there is no API group " + r.Resources[0].Group + `; the core group is written as ""`}, true
	}
	alive := false
	for k, kind := range a.kinds() {
		own, earlier := ofRule(kind.cubes, rule)
		for _, c := range own {
			q := *c
			if k == 0 {
				var ok bool
				if q, ok = possible(c); !ok {
					continue
				}
				earlier = a.earlier(c)
			}
			alive = true
			if _, result := a.find(&q, earlier, kind.order); result != covered {
				return Shadow{}, false
			}
		}
	}
	if !alive {
		return Shadow{Rule: rule, Reason: "no request has such a resource or such a verb"}, true
	}
	s := Shadow{Rule: rule, By: a.cover(rule)}
	s.Harmless = !slices.ContainsFunc(s.By, func(by int) bool {
		x, y := a.policy.decision(by), a.policy.decision(rule)
		x.Rule = y.Rule
		return x != y
	})
	return s, true
}

// isNoGroup reports whether a name is a mistake for the core group, which has none. Groups of others have a dot.
func isNoGroup(group string) bool { return group == "core" || group == "v1" }

// cover returns a smallest set of earlier rules that together take everything of a rule: one if one will do.
func (a *analysis) cover(rule int) []int {
	var all []int
	for i := range rule {
		if a.isCoveredBy(rule, []int{i}) {
			return []int{i}
		}
		all = append(all, i)
	}
	for i := 0; i < len(all); {
		without := slices.Delete(slices.Clone(all), i, i+1)
		if !a.isCoveredBy(rule, without) {
			i++
			continue
		}
		all = without
	}
	return all
}

// isCoveredBy reports whether rules take everything of another one. If the search is given up it says no.
func (a *analysis) isCoveredBy(rule int, by []int) bool {
	for k, kind := range a.kinds() {
		own, earlier := ofRule(kind.cubes, rule)
		if len(own) == 0 {
			continue
		}
		if a.exhausted() {
			return false
		}
		var these []*cube
		if len(by) == 1 {
			these, _ = ofRule(earlier, by[0])
		} else {
			a.spend(len(earlier))
			for _, c := range earlier {
				if _, ok := slices.BinarySearch(by, c.rule); ok {
					these = append(these, c)
				}
			}
		}
		for _, c := range own {
			q, ok := *c, true
			if k == 0 {
				q, ok = possible(c)
			}
			if !ok {
				continue
			}
			if _, result := a.find(&q, these, kind.order); result != covered {
				return false
			}
		}
	}
	return true
}

// Text says why the rule never decides, to be read behind its path.
func (s *Shadow) Text() string {
	if s.Reason != "" {
		return "can never match: " + s.Reason
	}
	var paths []string
	for _, by := range s.By {
		paths = append(paths, RulePath(by))
	}
	text := "can never match: " + paths[0] + " takes all its requests"
	if last := len(paths) - 1; last > 0 {
		text = "can never match: " + strings.Join(paths[:last], ", ") + " and " + paths[last] + " take all its requests"
	}
	if s.Harmless {
		text += ", at the same level"
	}
	return text
}
