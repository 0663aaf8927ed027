package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// pinned is why images are not patched.
const pinned = "a patch would pin the image, so that a new tag in the base or in images would have no effect any more: change it there"

// withheld is a fix that is not made as a patch.
type withheld struct {
	fix    *control.Fix
	reason string
}

// mendBuilt makes the fixes of an object that a patch may make; without are the reasons not to make those of controls, by id.
func (r *fixRun) mendBuilt(ctx context.Context, b *built, without map[string]string) (err error) {
	type place struct{ control, path string }
	kept := map[place]withheld{}
	patchable := func(findings []control.Finding) []control.Finding {
		findings = r.severe(slices.Clone(findings))
		for i := range findings {
			f := &findings[i]
			if f.Fix == nil || !f.Fix.Risk.Within(r.f.most) {
				continue
			}
			reason := without[f.Control.ID]
			if slices.ContainsFunc(f.Fix.Edits, func(e control.DocumentEdit) bool { return strings.HasSuffix(e.Path, ".image") }) {
				reason = pinned
			}
			if reason != "" {
				kept[place{f.Control.ID, f.Path}] = withheld{f.Fix, reason}
				f.Fix = nil
			}
		}
		return findings
	}
	components := slices.ContainsFunc(b.found, func(f control.Finding) bool { return f.Fix != nil && onComponents(f.Control) })
	b.mended = &mended{path: b.manifest.Path, before: b.manifest.Source}
	err = r.rounds(b.mended, patchable(b.found), func(now []byte) ([]control.Finding, error) {
		findings, err := r.again(ctx, b.input(now), components)
		return patchable(findings), err
	})
	if err != nil {
		return err
	}
	for i := range b.mended.outcomes {
		o := &b.mended.outcomes[i]
		if w, ok := kept[place{o.Finding.Control.ID, o.Finding.Path}]; ok && o.Finding.Fix == nil && o.Finding.Status == control.Fail {
			o.Finding.Fix, o.Reason = w.fix, w.reason
		}
	}
	return nil
}

// narrow finds which fixes of an object can be proven, if all of them together cannot: control by control, each with those that could be before.
// ok is false if none can be; the outcomes say why.
func (p *proof) narrow(ctx context.Context, b *built, reason string) (ok bool, err error) {
	var ids []string
	for _, o := range b.mended.outcomes {
		if id := o.Finding.Control.ID; o.Reason == "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	// A person is not asked twice.
	if len(ids) < 2 || p.r.f.interactive {
		b.reject(reason)
		return false, nil
	}
	without := map[string]string{}
	for _, id := range ids {
		without[id] = reason
	}
	for _, id := range ids {
		delete(without, id)
		why, err := p.alone(ctx, b, without)
		if err != nil {
			return false, err
		}
		if why != "" {
			without[id] = why
		}
	}
	why, err := p.alone(ctx, b, without)
	if err == nil && why != "" {
		b.reject(why)
	}
	return why == "", err
}

// alone says why the fixes of an object cannot be made without some, if nothing else is patched.
func (p *proof) alone(ctx context.Context, b *built, without map[string]string) (why string, err error) {
	if err := p.r.mendBuilt(ctx, b, without); err != nil {
		return "", err
	}
	if !b.mended.changed() {
		return "there is nothing to do without fixes that cannot be proven", nil
	}
	if !p.o.plan(b) {
		return "there is no patch that says it", nil
	}
	for ; len(b.ways) > 0; b.ways = b.ways[1:] {
		bad, together, err := p.try(ctx, []*built{b})
		if err != nil {
			return "", err
		}
		if together == "" && len(bad) == 0 {
			return "", nil
		}
		why = max(together, bad[b])
	}
	return why, nil
}
