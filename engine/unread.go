package engine

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/report"
)

// unread makes the controls unknown that ask for something which could not be read. Each input that is missing is told once: the first control that
// it keeps from being judged has the finding, and the others are folded into it. A control that more than one is missing for is told with the first.
// What a control on single objects finds in what could be read stands; controls on everything together are not judged at all, since a thing that
// seems to be missing may only not have been seen.
func (g *gathered) unread(summary *report.Summary, tell func(*task) error) error {
	if len(g.missing) == 0 {
		return nil
	}
	g.blind = map[int]bool{}
	for i := range g.missing {
		in := &g.missing[i]
		if in.Instead != nil && in.Instead(g.inventory) {
			continue
		}
		var affected []*entry
		for k := range g.plan.entries {
			e := &g.plan.entries[k]
			if !e.off && !g.blind[k] && slices.ContainsFunc(in.Missing, e.control.Asks) {
				g.blind[k] = true
				affected = append(affected, e)
				summary.Controls[k][control.Unknown]++
			}
		}
		if len(affected) == 0 {
			continue
		}
		if err := tell(&task{file: report.File{Path: in.Path, Argument: in.Argument, Across: true, Findings: g.unjudged(in, affected)}}); err != nil {
			return err
		}
	}
	return nil
}

// unjudged is the finding on what could not be read; each control has one of its own if nothing is folded.
func (g *gathered) unjudged(in *Input, affected []*entry) []control.Finding {
	var out []control.Finding
	for _, e := range affected {
		if g.plan.fold && len(out) > 0 {
			out[0].Folded = append(out[0].Folded, e.control.ID)
			continue
		}
		out = append(out, control.Finding{
			Control: e.control, Status: control.Unknown, Severity: e.severity, Ref: control.Ref{Kind: "Resource", Name: in.Path},
			Message: "cannot be judged", Reason: in.Err.Error(), Place: control.Place{File: in.Path}, Remedy: e.remedy,
		})
	}
	if g.plan.fold {
		slices.Sort(out[0].Folded)
	}
	return out
}

// Asks reports whether a control of the scanner asks for objects of a kind.
func (s *Scanner) Asks(group, kind string) bool {
	k := control.Kind{Group: group, Kind: kind}
	return slices.ContainsFunc(s.plan.entries, func(e entry) bool { return !e.off && e.control.Asks(k) })
}
