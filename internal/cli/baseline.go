package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/baseline"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// baselineName is where a baseline is written unless told otherwise.
const baselineName = ".kubeharden-baseline.json"

func newBaseline(p *Process) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "baseline",
		Short: "Remember today's findings, so that only new ones fail",
		Args:  unknownCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newBaselineWrite(p))
	return cmd
}

func newBaselineWrite(p *Process) *cobra.Command {
	var f scanFlags
	var out string
	cmd := &cobra.Command{
		Use:   "write [PATH…] | --cluster",
		Short: "Write the findings of a scan to a baseline",
		Long: `Scans like 'kubeharden scan' and writes what it finds to a file. 'kubeharden scan --baseline FILE' then fails for
what is not in there. A finding is known again by its control, object, container and field, not by its line.`,
		Example: "  kubeharden baseline write deploy/\n  kubeharden scan deploy/ --baseline " + baselineName,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := f.live.check(cmd.Flags(), paths); err != nil {
				return err
			}
			if len(paths) == 0 {
				paths = []string{"."}
			}
			return writeBaseline(cmd.Context(), p, &f, paths, out)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&out, "output", "o", "", "write this `file` (default: the one that the configuration names, else "+baselineName+")")
	f.live.register(cmd.Flags())
	f.register(cmd.Flags())
	return cmd
}

func writeBaseline(ctx context.Context, p *Process, f *scanFlags, paths []string, out string) error {
	s, err := f.settle(p, paths)
	if err != nil {
		return err
	}
	if out == "" {
		out = s.baseline
	}
	if out == "" {
		out = baselineName
	}
	s.engine.StablePaths = true
	// What is below --severity today has to be known when the threshold is lowered.
	s.engine.MinSeverity = control.Info
	if f.live.cluster {
		if s.live, err = f.live.open(ctx, p, s, f.flags.Changed("kubernetes-version")); err != nil {
			return err
		}
		paths = []string{s.live.name}
	}
	w := baseline.NewWriter(baselineOptions(out))
	looked := make(tally, len(paths))
	scanner := engine.NewScanner(&s.engine)
	inputs, done := subjects(ctx, p, f, s, paths, scanner)
	defer done()
	summary, err := scanner.Scan(ctx, inputs, func(file *report.File) error {
		looked.add(file)
		if s.live != nil {
			s.live.once(file)
		}
		diagnose(p, file)
		for i := range file.Findings {
			w.Add(&file.Findings[i], file.Findings[i].StablePath)
		}
		return nil
	})
	if err != nil {
		return err
	}
	empty := looked.empty(paths)
	for _, message := range empty {
		p.say("error: %s", message)
	}
	if summary.Errors+len(empty) > 0 {
		p.say("error: no baseline was written: it would miss what could not be looked at")
		return exitError(ExitError)
	}
	entries := w.Entries()
	file, err := createOutput(out)
	if err != nil {
		return err
	}
	if err := baseline.Write(file.buf, entries); err != nil {
		return errors.Join(err, file.discard())
	}
	if err := file.commit(); err != nil {
		return err
	}
	p.say("%s: %s remembered", out, count(summary.Findings[control.Fail], "finding"))
	return nil
}

// readBaseline reads the baseline of a run; nil if there is none.
func readBaseline(s *settings) (*baseline.Baseline, error) {
	if s.baseline == "" {
		return nil, nil
	}
	file, err := os.Open(s.baseline)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &hintError{fmt.Errorf("there is no baseline %s", s.baseline), "'kubeharden baseline write' makes it"}
	}
	if err != nil {
		return nil, fmt.Errorf("read baseline: %w", err)
	}
	defer file.Close()
	b, err := baseline.Read(file, baselineOptions(s.baseline))
	if err != nil {
		return nil, fmt.Errorf("read baseline %s: %w", s.baseline, err)
	}
	return b, nil
}

// baselineOptions name files as seen from the baseline's folder, so that it does not matter where the command is run.
func baselineOptions(path string) baseline.Options {
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return baseline.Options{}
	}
	return baseline.Options{
		Rel: func(path string) string {
			abs, err := filepath.Abs(path)
			if err != nil {
				return filepath.ToSlash(path)
			}
			rel, err := filepath.Rel(folder, abs)
			if err != nil {
				return filepath.ToSlash(path)
			}
			return filepath.ToSlash(rel)
		},
		Gone: func(path string) bool {
			_, err := os.Lstat(filepath.Join(folder, filepath.FromSlash(path)))
			return errors.Is(err, fs.ErrNotExist)
		},
	}
}

// acceptKnown marks the findings that the baseline has.
func acceptKnown(known *baseline.Baseline, path string, file *report.File) {
	known.Saw(file.Path)
	for i := range file.Findings {
		f := &file.Findings[i]
		if f.Status == control.Fail && known.Match(f, f.StablePath) {
			f.Status, f.Reason, f.Known = control.Waived, "in the baseline "+path, true
		}
	}
}

// dropBelow leaves out findings below a severity, once they have been counted.
func dropBelow(minimum control.Severity, file *report.File) {
	if minimum == control.Info {
		return
	}
	file.Findings = slices.DeleteFunc(file.Findings, func(f control.Finding) bool { return f.Severity < minimum })
}
