package cli

import (
	"context"
	"fmt"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix/patch"
)

// prove returns the objects whose patches do what they should, alone and together: the kustomization builds with them, the objects are
// what they were to become, all others are what they were, what was to be fixed is not found any more, and nothing else is found that is as bad. A
// patch that fails is replaced by another way to say it, and left out if there is none.
func (r *fixRun) prove(ctx context.Context, o *overlay, changed []*built) ([]*built, error) {
	if len(changed) == 0 {
		return nil, nil
	}
	strict := r.s.engine
	strict.Fixes, strict.RenderedFixes, strict.NoFold = false, false, true
	before, err := r.judge(ctx, o.inputs(nil), &strict, false)
	if err != nil {
		return nil, err
	}
	p := &proof{r: r, o: o, strict: &strict, before: tallies(before), narrowed: map[*built]bool{}}
	for len(changed) > 0 {
		bad, together, err := p.try(ctx, changed)
		if err != nil {
			return nil, err
		}
		if len(bad) == 0 && together == "" {
			return changed, nil
		}
		if together != "" && len(bad) == 0 {
			if bad, err = p.one(ctx, changed, together); err != nil {
				return nil, err
			}
		}
		if changed, err = p.next(ctx, changed, bad); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// next takes the ways away that have failed, and the objects that have no more of them, of which as many fixes are kept as can be proven.
func (p *proof) next(ctx context.Context, changed []*built, bad map[*built]string) ([]*built, error) {
	var left []*built
	for _, b := range changed {
		if reason, failed := bad[b]; failed {
			if b.ways = b.ways[1:]; len(b.ways) == 0 {
				if p.narrowed[b] {
					b.reject(reason)
					continue
				}
				p.narrowed[b] = true
				if ok, err := p.narrow(ctx, b, reason); err != nil {
					return nil, err
				} else if !ok {
					continue
				}
			}
		}
		left = append(left, b)
	}
	return left, nil
}

type proof struct {
	r      *fixRun
	o      *overlay
	strict *engine.Options
	before []map[fault]int
	// narrowed are the objects of which some fixes have been given up: that is done once.
	narrowed map[*built]bool
}

// one tries the patches of objects one by one, and returns those that fail; if none does they all fail for the reason that they have together.
func (p *proof) one(ctx context.Context, changed []*built, together string) (map[*built]string, error) {
	bad := map[*built]string{}
	for _, b := range changed {
		if len(changed) == 1 {
			break
		}
		alone, reason, err := p.try(ctx, []*built{b})
		if err != nil {
			return nil, err
		}
		if reason == "" {
			reason = alone[b]
		}
		if reason != "" {
			bad[b] = reason
		}
	}
	if len(bad) == 0 {
		for _, b := range changed {
			bad[b] = together
		}
	}
	return bad, nil
}

// try builds and scans with patches. bad are the objects that are at fault; together says what went wrong that no single one is to blame for.
func (p *proof) try(ctx context.Context, changed []*built) (bad map[*built]string, together string, err error) {
	files := map[string][]byte{}
	var entries []patch.Entry
	isChanged := map[*built]bool{}
	for _, b := range changed {
		files[b.entry.Path] = b.ways[0]
		entries = append(entries, b.entry)
		isChanged[b] = true
	}
	file, err := patch.Register(p.o.file, entries)
	if err != nil {
		return nil, err.Error(), nil //nolint:nilerr // it is the answer
	}
	files[p.o.name] = file
	after, err := p.r.build(ctx, p.o, files)
	switch {
	case ctx.Err() != nil:
		return nil, "", err
	case err != nil:
		return nil, "with its patch it does not build: " + err.Error(), nil //nolint:nilerr // it is the answer
	case len(after) != len(p.o.objects):
		return nil, "its patch changes which objects are built", nil
	}
	bad = map[*built]string{}
	for i, b := range p.o.objects {
		got, err := patch.Value(after[i].Source)
		switch {
		case err != nil:
			return nil, "with its patch the result cannot be read", nil //nolint:nilerr // it is the answer
		case isChanged[b] && !patch.Equal(got, b.wanted):
			bad[b] = "built with its patch it is not what it was to become"
		case !isChanged[b] && !patch.Equal(got, b.now):
			together = "its patch would change another object too: " + b.patched.Kind + "/" + b.patched.Name
		}
	}
	if len(bad) > 0 || together != "" {
		return bad, together, nil
	}
	found, err := p.r.judge(ctx, p.o.inputs(after), p.strict, false)
	if err != nil {
		return nil, "", err
	}
	for i, now := range tallies(found) {
		b, worst := p.o.objects[i], map[fault]control.Severity{}
		for k := range found[i] {
			f := faultOf(&found[i][k])
			worst[f] = max(worst[f], found[i][k].Severity)
		}
		for f, n := range now {
			if n <= p.before[i][f] || isChanged[b] && worst[f] < b.worstFixed() {
				continue
			}
			reason := fmt.Sprintf("its patch would bring %s of %s to light", f.control, f.ref)
			switch {
			case !isChanged[b]:
				together = max(together, reason) // always the same one
			default:
				bad[b] = max(bad[b], reason)
			}
		}
		if isChanged[b] {
			for _, done := range b.mended.outcomes {
				if f := faultOf(done.Finding); done.Reason == "" && p.before[i][f] > 0 && now[f] >= p.before[i][f] {
					bad[b] = "with its patch " + f.control + " is still found"
				}
			}
		}
	}
	return bad, together, nil
}

// worstFixed is the severity of the worst finding that the patch of an object mends. What a fix brings to light may be less than what it mends: a
// pod that gives up the host's processes can be asked to have a user namespace.
func (b *built) worstFixed() control.Severity {
	worst := control.Info
	for _, o := range b.mended.outcomes {
		if o.Reason == "" {
			worst = max(worst, o.Finding.Severity)
		}
	}
	return worst
}

// fault is what a finding is about, wherever it stands.
type fault struct {
	control, ref, container, path string
	status                        control.Status
}

func faultOf(f *control.Finding) fault {
	return fault{f.Control.ID, f.Ref.String(), f.Ref.Container, f.StablePath, f.Status}
}

// tallies counts what is wrong with objects; what is accepted is not.
func tallies(found [][]control.Finding) []map[fault]int {
	all := make([]map[fault]int, len(found))
	for i := range found {
		all[i] = map[fault]int{}
		for k := range found[i] {
			if f := &found[i][k]; f.Status != control.Waived {
				all[i][faultOf(f)]++
			}
		}
	}
	return all
}
