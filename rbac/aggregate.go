package rbac

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
)

// maxAggregated bounds the work of aggregation: how often, in all, a role is compared with a selector, or a rule is taken over. A
// cluster with 2,000 aggregating roles and as many aggregated ones stays below.
const maxAggregated = 1 << 23

// aggregate gives the ClusterRoles with an aggregationRule their rules, as the API server's controller does
// (k8s.io/kubernetes/pkg/controller/clusterroleaggregation): the rules of the ClusterRoles that match one of the selectors, each
// once, ordered by the selector and then by the name. A role never aggregates itself; one that is aggregated and aggregates passes
// on what it has taken.
//
// The rules that are written beside an aggregationRule are not counted. The controller overwrites the whole list, also with an
// empty one if nothing matches, so that they hold for moments at most, however serious the author was about them.
func (a *Access) aggregate(parts [][]*Role, n *interner) {
	g := aggregator{a: a, parts: parts, selectors: map[string][]int32{}, labels: map[label.Label][]int32{}}
	for i, p := range parts {
		if p[0].Namespace != "" {
			continue
		}
		g.cluster = append(g.cluster, int32(i))
	}
	slices.SortFunc(g.cluster, func(x, y int32) int { return strings.Compare(parts[x][0].Name, parts[y][0].Name) })
	for _, i := range g.cluster {
		for _, r := range parts[i] {
			for _, l := range r.Labels {
				g.labels[l] = append(g.labels[l], i)
			}
		}
	}
	for _, i := range g.cluster {
		if g.aggregates(i) {
			rules, origins := g.rules(i)
			a.roles[i].list, a.roles[i].origin = n.intern(rules), origins
			if origins == nil {
				a.roles[i].origin = []origin{}
			}
		}
	}
}

type aggregator struct {
	a         *Access
	parts     [][]*Role
	cluster   []int32 // the ClusterRoles by name
	labels    map[label.Label][]int32
	selectors map[string][]int32 // what a selector selects, by its text
	work      int
}

func (g *aggregator) aggregates(role int32) bool {
	return slices.ContainsFunc(g.parts[role], func(r *Role) bool { return r.Aggregation != nil })
}

// rules collects what a role aggregates, through other aggregating roles too.
func (g *aggregator) rules(role int32) (rules []*Rule, origins []origin) {
	visited := map[int32]bool{role: true}
	seen := map[string]bool{}
	var visit func(at int32)
	queue := []int32{role}
	visit = func(at int32) {
		for _, r := range g.parts[at] {
			for i := range r.Rules {
				g.work++
				key := r.Rules[i].key()
				if seen[key] {
					continue
				}
				seen[key] = true
				rules, origins = append(rules, &r.Rules[i]), append(origins, origin{r, i})
			}
		}
	}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, found := range g.selected(at) {
			if g.work > maxAggregated {
				r := g.parts[role][0]
				g.a.Flaws = append(g.a.Flaws, object.Flaw{Object: r.Object, Path: "aggregationRule", Message: "aggregates too much to be followed; what it allows is not all known"})
				return rules, origins
			}
			if visited[found] {
				continue
			}
			visited[found] = true
			if g.aggregates(found) {
				queue = append(queue, found)
				continue
			}
			visit(found)
		}
	}
	return rules, origins
}

// selected returns the ClusterRoles that a role's selectors select.
func (g *aggregator) selected(role int32) []int32 {
	var out []int32
	for _, r := range g.parts[role] {
		for _, s := range r.Aggregation {
			out = append(out, g.selects(s)...)
		}
	}
	g.work += len(out)
	return out
}

func (g *aggregator) selects(s label.Selector) []int32 {
	if s.Impossible() || g.work > maxAggregated {
		return nil
	}
	key := s.String()
	if found, ok := g.selectors[key]; ok {
		return found
	}
	candidates := g.cluster
	for i := range s { // a label that has to be there leaves few to look at
		if s[i].Operator == label.In && len(s[i].Values) == 1 {
			candidates = g.labels[label.Label{Key: s[i].Key, Value: s[i].Values[0]}]
			break
		}
	}
	found := []int32{}
	for _, i := range candidates {
		g.work++
		if slices.ContainsFunc(g.parts[i], func(r *Role) bool { return s.Matches(r.Labels) }) && (len(found) == 0 || found[len(found)-1] != i) {
			found = append(found, i)
		}
	}
	g.selectors[key] = found
	return found
}

// key writes a rule so that equal rules have equal keys.
func (r *Rule) key() string {
	var b strings.Builder
	for _, part := range r.parts() {
		for _, s := range part {
			b.WriteString(s)
			b.WriteByte(0)
		}
		b.WriteByte(1)
	}
	return b.String()
}
