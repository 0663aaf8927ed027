package rbac

import (
	"cmp"
	"slices"
)

// Hop is one step of a path.
type Hop struct {
	From, To Node
	// Text says the step to people, to be read behind From: "may create deployments in namespace shop: runs a pod as one of them".
	Text string
	// Permission is the right that allows it: "create deployments"; "" if no right is needed.
	Permission string
	// Condition says on what it depends; "" on nothing.
	Condition string
	// Grant is the rule that gives the right. It is zero if no right is needed.
	Grant Grant
}

// Path is a way from somebody to something.
type Path []Hop

// PathOptions choose paths.
type PathOptions struct {
	// From are the subjects to start from; with none it is everybody whom a binding of the set names.
	From []Subject
	// To is where to; the zero Node is cluster-admin.
	To Node
	// Conditional takes steps too that depend on something that is not known here, such as on which node a pod runs.
	Conditional bool
	// Max bounds the number of paths; 0 is 1,000.
	Max int
	// Ways is how many different first steps are followed for one subject; 0 is one.
	Ways int
}

const defaultMax = 1000

// Paths returns the shortest path of each subject that gets there, shortest first; more says that there are more than were asked for.
// Everybody who is cluster-admin by the API server's own bindings is left out unless named.
func (g *Graph) Paths(o PathOptions) (paths []Path, more bool) {
	target := o.To
	if target == (Node{}) {
		target.Kind = ClusterAdminNode
	}
	target.Subject = target.Subject.canonical()
	to, ok := g.index[target]
	if !ok {
		return nil, false
	}
	next := g.toward(to, o.Conditional)
	if o.Max <= 0 {
		o.Max = defaultMax
	}
	type start struct {
		node int32
		dist int32
	}
	var starts []start
	for _, node := range g.starts(o.From) {
		if d := next[node]; d.dist > 0 {
			starts = append(starts, start{node, d.dist})
		}
	}
	slices.SortStableFunc(starts, func(a, b start) int { return cmp.Compare(a.dist, b.dist) })
	for _, s := range starts {
		for _, p := range g.ways(s.node, to, next, &o) {
			if len(paths) == o.Max {
				return paths, true
			}
			paths = append(paths, p)
		}
	}
	return paths, false
}

// starts returns the nodes to start from.
func (g *Graph) starts(from []Subject) []int32 {
	var out []int32
	for _, s := range from {
		if i, ok := g.index[Node{Kind: SubjectNode, Subject: s.canonical()}]; ok && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	if len(from) > 0 {
		return out
	}
	seen := make([]bool, len(g.nodes))
	for _, b := range g.access.bindings {
		if b.Object == Builtin {
			continue
		}
		for _, s := range b.Subjects {
			if i, ok := g.index[Node{Kind: SubjectNode, Subject: s.canonical()}]; ok && !seen[i] {
				seen[i] = true
				out = append(out, i)
			}
		}
	}
	return out
}

// toward is what is known of a node on the way to a target.
type toward struct {
	dist int32 // steps to the target; 0 for the target itself, -1 if it is not reached
	edge int32 // the first step
}

// toward finds the shortest way from every node to a target, backwards from there.
func (g *Graph) toward(target int32, conditional bool) []toward {
	next := make([]toward, len(g.nodes))
	for i := range next {
		next[i] = toward{-1, none}
	}
	next[target].dist = 0
	queue := []int32{target}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, i := range g.into[g.firstTo[at]:g.firstTo[at+1]] {
			e := &g.edges[i]
			if next[e.from].dist >= 0 || !e.open(conditional) {
				continue
			}
			next[e.from] = toward{next[at].dist + 1, i}
			queue = append(queue, e.from)
		}
	}
	return next
}

// ways returns the shortest path of a node, and with Ways the shortest ones that begin differently.
func (g *Graph) ways(from, to int32, next []toward, o *PathOptions) []Path {
	first := []int32{next[from].edge}
	if o.Ways > 1 {
		first = first[:0]
		for i := g.first[from]; i < g.first[from+1]; i++ {
			if e := &g.edges[i]; next[e.to].dist >= 0 && e.open(o.Conditional) {
				first = append(first, i)
			}
		}
		slices.SortStableFunc(first, func(a, b int32) int { return cmp.Compare(next[g.edges[a].to].dist, next[g.edges[b].to].dist) })
		first = first[:min(len(first), o.Ways)]
	}
	var paths []Path
	for _, i := range first {
		if p := g.follow(from, i, to, next); p != nil {
			paths = append(paths, p)
		}
	}
	return paths
}

// follow goes the shortest way behind a first step; nil if that leads back to where it began.
func (g *Graph) follow(from, first, to int32, next []toward) Path {
	var p Path
	for i := first; ; {
		e := &g.edges[i]
		p = append(p, g.hop(e))
		if e.to == to {
			return p
		}
		if e.to == from {
			return nil
		}
		i = next[e.to].edge
	}
}

func (g *Graph) hop(e *edge) Hop {
	h := Hop{From: g.nodes[e.from], To: g.nodes[e.to], Text: e.how.text(), Permission: e.permission, Condition: e.ifOnly}
	if e.binding == none {
		return h
	}
	h.Grant = g.access.grant(e.binding, none, int(e.rule))
	subject := h.From.Subject
	for _, s := range h.Grant.Binding.Subjects {
		if s.canonical() == subject {
			h.Grant.Subject = s
		}
	}
	where := " in namespace " + h.Grant.Binding.Namespace
	if h.Grant.Binding.Namespace == "" {
		where = " everywhere"
	}
	h.Text = "may " + e.permission + where + ": " + h.Text
	return h
}

// Takeover returns the shortest unconditional path of each of the subjects to cluster-admin, nil for those that have none.
func (g *Graph) Takeover(subjects []Subject) []Path {
	to, ok := g.index[Node{Kind: ClusterAdminNode}]
	out := make([]Path, len(subjects))
	if !ok {
		return out
	}
	next := g.toward(to, false)
	for k, s := range subjects {
		if i, ok := g.index[Node{Kind: SubjectNode, Subject: s.canonical()}]; ok && next[i].dist > 0 {
			out[k] = g.follow(i, next[i].edge, to, next)
		}
	}
	return out
}

// Cut is a right that can be taken away, and how many paths need it.
type Cut struct {
	// Permission is the right: "create deployments".
	Permission string
	Grant      Grant
	Paths      int
}

type cutKey struct {
	permission string
	binding    *Binding
	source     *Role
	index      int
}

// Cuts returns the rights that the paths need, those first that most paths do not work without. The built-in roles and bindings cannot be
// cut: the API server makes them again.
func Cuts(paths []Path) []Cut {
	cuts, _ := cutsOf(paths)
	return cuts
}

// cutsOf returns the cuts and for each of them the paths that it cuts.
func cutsOf(paths []Path) ([]Cut, map[cutKey][]int) {
	of := map[cutKey][]int{}
	var cuts []Cut
	keys := []cutKey{}
	for i, p := range paths {
		for _, h := range p {
			g := h.Grant
			if g.Source == nil || g.Binding.Object == Builtin {
				continue
			}
			k := cutKey{h.Permission, g.Binding, g.Source, g.Index}
			if _, ok := of[k]; !ok {
				keys = append(keys, k)
				cuts = append(cuts, Cut{Permission: h.Permission, Grant: g})
			}
			if n := len(of[k]); n == 0 || of[k][n-1] != i {
				of[k] = append(of[k], i)
			}
		}
	}
	for i, k := range keys {
		cuts[i].Paths = len(of[k])
	}
	slices.SortStableFunc(cuts, func(a, b Cut) int { return cmp.Compare(b.Paths, a.Paths) })
	return cuts, of
}

// exactCuts is up to how many rights the smallest set is searched for; with more a set is built that is small but may not be the smallest.
const exactCuts = 16

// MinCut returns a set of rights without which none of the paths works, exact if it is sure to be the smallest. Paths that only need
// built-in rights cannot be cut; uncut counts them.
func MinCut(paths []Path) (set []Cut, exact bool, uncut int) {
	cuts, of := cutsOf(paths)
	cutBy := make([]uint32, len(paths)) // by path: the cuts that cut it, the first 32 of them
	open := map[int]bool{}
	for i := range paths {
		open[i] = true
	}
	reached := map[int]bool{}
	for c := range cuts {
		for _, i := range of[keyOf(&cuts[c])] {
			reached[i] = true
			if c < exactCuts {
				cutBy[i] |= 1 << c
			}
		}
	}
	for i := range paths {
		if !reached[i] {
			delete(open, i)
			uncut++
		}
	}
	if len(cuts) <= exactCuts {
		return smallest(cuts, cutBy, open), true, uncut
	}
	for len(open) > 0 {
		best, most := 0, 0
		for c := range cuts {
			n := 0
			for _, i := range of[keyOf(&cuts[c])] {
				if open[i] {
					n++
				}
			}
			if n > most {
				best, most = c, n
			}
		}
		for _, i := range of[keyOf(&cuts[best])] {
			delete(open, i)
		}
		set = append(set, cuts[best])
	}
	return set, false, uncut
}

func keyOf(c *Cut) cutKey {
	return cutKey{c.Permission, c.Grant.Binding, c.Grant.Source, c.Grant.Index}
}

// smallest tries all sets, the small ones first.
func smallest(cuts []Cut, cutBy []uint32, open map[int]bool) []Cut {
	wanted := map[uint32]bool{}
	for i := range open {
		wanted[cutBy[i]] = true
	}
	best := uint32(1)<<len(cuts) - 1
	for set := uint32(0); set < 1<<len(cuts); set++ {
		if size(set) >= size(best) {
			continue
		}
		all := true
		for w := range wanted {
			all = all && w&set != 0
		}
		if all {
			best = set
		}
	}
	var out []Cut
	for c := range cuts {
		if best&(1<<c) != 0 {
			out = append(out, cuts[c])
		}
	}
	return out
}

func size(set uint32) int {
	n := 0
	for ; set != 0; set &= set - 1 {
		n++
	}
	return n
}

// IsClusterAdmin returns the binding that lets a subject do everything, nil if none does directly.
func (a *Access) IsClusterAdmin(s Subject) *Binding {
	refs := a.users[s.User().Name]
	if s.Kind == KindGroup {
		refs = a.groups[s.Name]
	}
	for _, r := range a.in(refs, "") {
		if a.Everything(a.bindings[r.binding]) {
			return a.bindings[r.binding]
		}
	}
	return nil
}

// Everything reports whether the role of a binding allows everything that can be done to every resource. The ClusterRole cluster-admin does whatever
// a manifest of that name says: the API server adds what is missing with each start.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#auto-reconciliation
func (a *Access) Everything(b *Binding) bool {
	if b.RoleKind == KindClusterRole && b.RoleName == "cluster-admin" {
		return true
	}
	role := a.roleNamed(b)
	return role != none && slices.ContainsFunc(a.rules(role), (*Rule).all)
}

// Bindings returns the bindings of the set, and the built-in ones that it does not replace. They must not be changed.
func (a *Access) Bindings() []*Binding { return a.bindings }

// RoleOf returns the role of a binding, nil if there is none of the name.
func (a *Access) RoleOf(b *Binding) *Role {
	if i := a.roleNamed(b); i != none {
		return a.roles[i].role
	}
	return nil
}

// open reports whether a step can be taken: always, or as one that depends on something.
func (e *edge) open(conditional bool) bool { return e.ifOnly == "" || e.usual || conditional }
