package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/pflag"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/prove"
	"github.com/kubeharden/kubeharden/report"
)

// attack adds to the report of a scan what the probes prove that need no option of their own: those whose controls the scan has. The probes say what
// they will do, as 'kubeharden prove' does. incomplete says that something could not be proven.
func (f *scanFlags) attack(ctx context.Context, p *Process, s *settings, w report.Writer, summary *report.Summary, failing *[control.Critical + 1]int) (incomplete bool, err error) {
	proof := &proveFlags{all: true}
	proof.register(pflag.NewFlagSet("prove", pflag.ContinueOnError)) // for the defaults
	proof.all, proof.connection = true, f.live.connectionFlags
	if err := proof.connect(p); err != nil {
		return false, err
	}
	probes := slices.DeleteFunc(prove.All(), func(probe *prove.Probe) bool {
		return !slices.ContainsFunc(s.run.Controls, func(c *control.Control) bool { return slices.Contains(probe.Controls, c.ID) })
	})
	if len(probes) == 0 {
		return false, nil
	}
	if !f.quiet {
		_ = proof.announce(p, probes, fmt.Sprintf("Running %s against %s (%s):", count(len(probes), "probe"), proof.target.API.Server().Redacted(), proof.target.API.Name()), false)
	}
	r := proving{flags: proof, run: &s.run, summary: summary, subjects: map[control.Ref]bool{}}
	if err := r.attack(ctx, probes, w); err != nil {
		return false, err
	}
	for i, n := range r.failing {
		failing[i] += n
	}
	return r.incomplete(), nil
}
