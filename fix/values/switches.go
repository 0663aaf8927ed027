package values

import (
	"context"
	"slices"

	"github.com/kubeharden/kubeharden/control"
)

// Switch is a value that mends findings if it is turned on, or off, and does more than that: it is for a person to decide.
type Switch struct {
	Key   string
	Value bool
	// Mends are the findings that are gone with it.
	Mends []Found
}

// more reports whether something fails that did not before, however little it is: a probe that is off has no mistakes either.
func (t *trial) more(before *trial) bool {
	for name, n := range t.failures {
		if n > before.failures[name] {
			return true
		}
	}
	return false
}

// maxSwitches bounds how many switches are tried.
const maxSwitches = 16

// switches turns switches that are about hardening, one by one. One that only mends what may be mended is kept; others that mend something
// are told.
func (h *hardener) switches(ctx context.Context, now *trial, accepted []*change, changes map[string]*change) (*trial, []*change, error) {
	state, reason := h.applied(accepted)
	if reason != "" {
		return now, accepted, nil
	}
	tried := 0
	for _, c := range h.p.all {
		if c.sort != yes && c.sort != no || !hardened(c.key) || state.by[c.key.String()] != nil {
			continue
		}
		if tried++; tried > maxSwitches {
			break
		}
		turned := &change{ways: [][]op{{{control.Set, c.key, c.sort == no}}}}
		t, err := h.try(ctx, append(slices.Clip(accepted), turned))
		if err != nil {
			return nil, nil, err
		}
		if t.failed != "" || t.more(now) {
			continue
		}
		may := true
		for i := range now.found {
			if f := &now.found[i]; f.Status == control.Fail && !t.has(f) {
				turned.mends = append(turned.mends, *f)
				may = may && f.Control.Fix == control.Auto && f.Control.FixRisk.Within(h.opts.Most)
			}
		}
		switch {
		case len(turned.mends) == 0:
		case may:
			turned.found = turned.mends[0]
			for i := range turned.mends {
				changes[identity(&turned.mends[i])] = turned
			}
			now, accepted = t, append(accepted, turned)
		default:
			h.result.Switches = append(h.result.Switches, Switch{c.key.String(), c.sort == no, turned.mends})
		}
	}
	return now, accepted, nil
}
