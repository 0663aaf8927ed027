package network

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// readGenerated reads policies as they were written.
func readGenerated(set *Set, policies []Generated, base int) error {
	parser := tree.NewParser()
	for i := range policies {
		text := []byte(policies[i].Text)
		parsed, err := parser.Parse(text, tree.Document{Start: 0, End: len(text)})
		if err != nil {
			return fmt.Errorf("reading %s/%s again: %w", policies[i].Namespace, policies[i].Name, err)
		}
		for o := range object.Each(parsed.Root()) {
			set.Add(o, base+i)
		}
	}
	for _, f := range set.Flaws {
		if f.Object >= base {
			p := &policies[f.Object-base]
			return fmt.Errorf("reading %s/%s again: %s %s", p.Namespace, p.Name, f.Path, f.Message)
		}
	}
	return nil
}

// pair is two classes, the second of which is reached by the first.
type pair struct{ from, to int }

func comparePairs(p, q pair) int { return cmp.Or(p.from-q.from, p.to-q.to) }

// wanted returns what is declared between classes.
func (g *generator) wanted() map[pair]Ports {
	want := map[pair]Ports{}
	for i := range g.declared {
		d := &g.declared[i]
		if d.network.IsValid() {
			continue
		}
		for _, s := range g.sources(d) {
			for _, t := range d.to {
				want[pair{s, t}] = want[pair{s, t}].Union(d.ports(t))
			}
		}
	}
	return want
}

// name names a class by its first workload.
func (g *generator) name(class int) string {
	return g.w.Workloads[g.a.classes[class].Workloads[0]].String()
}

// judged reports whether the generated policies have to do with a pair.
func (g *generator) judged(p pair) bool {
	x, y := &g.a.classes[p.from], &g.a.classes[p.to]
	return !x.HostNetwork && !y.HostNetwork && (g.chosen[x.Namespace] || g.chosen[y.Namespace])
}

// prove analyses what was generated: what is declared has to be allowed, and nothing else.
func (g *generator) prove(policies []Generated) error {
	set := &Set{}
	if err := readGenerated(set, policies, 0); err != nil {
		return err
	}
	a := New(set, g.w) // its classes are those of g.a: they depend on workloads only
	want := g.wanted()
	for _, p := range slices.SortedFunc(maps.Keys(want), comparePairs) {
		if !g.judged(p) {
			continue
		}
		if got := a.classPair(p); !got.Unknown.Empty() || !want[p].Minus(got.Allowed).Empty() {
			return fmt.Errorf("%s is to reach %s on %s, but does so on %s", g.name(p.from), g.name(p.to), want[p], got)
		}
		g.report.Proved++
	}
	in := func(class int) bool { return g.chosen[a.classes[class].Namespace] }
	for _, o := range [...]MatrixOptions{{To: in, NoOutside: true}, {From: in, NoOutside: true}} {
		for r := range a.Matrix(o) {
			if err := g.nothingElse(&r, want); err != nil {
				return err
			}
		}
	}
	return g.proveOutside(a)
}

func (g *generator) nothingElse(r *Reach, want map[pair]Ports) error {
	for _, s := range r.From.Classes {
		for _, t := range r.To.Classes {
			p := pair{s, t}
			if extra := r.Allowed.Union(r.Unknown).Minus(want[p]); g.judged(p) && !extra.Empty() {
				return fmt.Errorf("%s reaches %s on %s, which is not declared", g.name(s), g.name(t), extra)
			}
		}
	}
	return nil
}

func (a *Analysis) classPair(p pair) Connections {
	return a.between(&a.types[a.typeOf[p.from]].party, &a.types[a.typeOf[p.to]].party)
}

// proveOutside compares what is reached outside, and from there.
func (g *generator) proveOutside(a *Analysis) error {
	var declared [2]map[int][]*declaration // by direction and class
	for d := range declared {
		declared[d] = map[int][]*declaration{}
	}
	for i := range g.declared {
		d := &g.declared[i]
		if !d.network.IsValid() {
			continue
		}
		for _, c := range d.to {
			declared[Ingress][c] = append(declared[Ingress][c], d)
		}
		for _, c := range d.from {
			declared[Egress][c] = append(declared[Egress][c], d)
		}
	}
	for c := range a.classes {
		if a.classes[c].HostNetwork || !g.chosen[a.classes[c].Namespace] {
			continue
		}
		for _, d := range [...]Direction{Ingress, Egress} {
			if err := g.sameOutside(a, c, d, declared[d][c]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *generator) sameOutside(a *Analysis, class int, d Direction, declared []*declaration) error {
	blocks := make([]netip.Prefix, len(declared))
	for i, x := range declared {
		blocks[i] = x.network
	}
	for _, span := range split(blocks) {
		var want Ports
		for _, x := range declared {
			if span.in(x.network) == always {
				want = want.Union(x.ports(class))
			}
		}
		got := a.one(d, &a.types[a.typeOf[class]].party, &party{kind: outside, span: span}, AllPorts())
		if !got.Unknown.Empty() || !got.Allowed.Equal(want) {
			return fmt.Errorf("%s: %s with %s is %s, but declared is %s", g.name(class), d, span, got, want)
		}
	}
	return nil
}

// conflicts notes what policies that exist already do to what was generated.
func (g *generator) conflicts(policies []Generated) {
	base := 0
	for i := range g.set.Policies {
		p := &g.set.Policies[i]
		base = max(base, p.Object+1)
		if g.chosen[p.Namespace] && (len(p.Ingress.List) > 0 || len(p.Egress.List) > 0) {
			g.note("%s is there already, and what it allows stays allowed", p)
		}
	}
	if base == 0 {
		return
	}
	fresh := &Set{}
	if err := readGenerated(fresh, policies, base); err != nil {
		return // was read before
	}
	a := New(&Set{Policies: slices.Concat(g.set.Policies, fresh.Policies), networkSets: g.set.networkSets}, g.w)
	want := g.wanted()
	for _, p := range slices.SortedFunc(maps.Keys(want), comparePairs) {
		if missing := want[p].Minus(a.classPair(p).Allowed); g.judged(p) && !missing.Empty() {
			g.note("a policy that is there already keeps %s from %s on %s", g.name(p.from), g.name(p.to), missing)
		}
	}
}
