package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/baseline"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/source"
	"github.com/kubeharden/kubeharden/terminal"
)

// scanFlags are the flags of scan as they are typed.
type scanFlags struct {
	judging
	live     liveFlags
	format   string
	outputs  []string
	failOn   string
	color    string
	baseline string
	facts    []string
	quiet    bool
	fixes    bool
	prove    bool
}

func newScan(p *Process) *cobra.Command {
	var f scanFlags
	cmd := &cobra.Command{
		Use:   "scan [PATH…] | --cluster",
		Short: "Judge manifests (files, folders, or - for standard input) or a running cluster",
		Long: `Judges the Kubernetes objects in files (.yaml, .yml, .json) and folders, or on standard input (-). Without a path the
current folder is scanned. .gitignore and .kubehardenignore are honoured, and .kubeharden.yaml in the folder or above.

With --cluster it judges the objects of the running cluster instead, as kubectl would reach it. It only reads, and of Secrets only
their metadata. What it may not read makes the controls unknown that need it; 'kubeharden rbac needed' prints the role for all of it.

Exit status: 0 if nothing at or above --fail-on was found, 1 if something was, 2 if not everything could be looked at.`,
		Example: `  kubeharden scan
  kubeharden scan deploy/ --fail-on medium
  kubeharden scan --cluster --context production
  kubeharden scan . --format sarif > kubeharden.sarif
  kubeharden scan . --output sarif=out.sarif --output json=out.json
  kubeharden scan . --baseline .kubeharden-baseline.json
  kubeharden scan --node-facts facts/
  helm template chart/ | kubeharden scan - --severity high`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			return scan(cmd.Context(), p, &f, paths)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVarP(&f.format, "format", "f", "pretty", "format on standard output: "+strings.Join(report.Formats(), ", "))
	flags.StringArrayVarP(&f.outputs, "output", "o", nil, "write another `FORMAT=FILE` too; may be repeated")
	flags.StringVar(&f.failOn, "fail-on", "high", "exit 1 from this `severity` on: critical, high, medium, low, info, none")
	flags.StringVar(&f.baseline, "baseline", "", "findings in this `file` are not new and do not fail ('kubeharden baseline write' makes it)")
	flags.StringArrayVar(&f.facts, "node-facts", nil, "judge nodes too, by the facts in the .json files of this `folder` ('kubeharden node' writes them); may be repeated")
	flags.BoolVar(&f.fixes, "fixes", false, "add the change that mends each finding (json and sarif)")
	f.live.register(flags)
	flags.BoolVar(&f.prove, "prove", false, "with --cluster, attack it too, harmlessly, and put the proof into the report (see 'kubeharden prove')")
	f.register(flags)
	flags.StringVar(&f.color, "color", "auto", "colour: auto, always, never")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "findings only: no summary")
	cmd.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	return cmd
}

// scan checks every flag before it reads the first file.
func scan(ctx context.Context, p *Process, f *scanFlags, paths []string) (err error) {
	if err := f.live.check(f.flags, paths); err != nil {
		return err
	}
	if err := checkFacts(f.facts); err != nil {
		return err
	}
	if paths = append(paths, f.facts...); len(paths) == 0 {
		paths = []string{"."}
	}
	s, err := f.settle(p, paths)
	if err != nil {
		return err
	}
	if f.prove && !f.live.cluster {
		return &hintError{errors.New("--prove has no effect without --cluster"), "probes attack what runs; add --cluster"}
	}
	if f.fixes && f.live.cluster {
		return &hintError{errors.New("--fixes changes files, and a cluster has none"), "'kubeharden fix' mends the manifests that the objects came from"}
	}
	if f.fixes && !f.tellsFixes() {
		return &hintError{fmt.Errorf("--fixes is for the formats json and sarif"), "for example --format sarif; 'kubeharden fix' shows a diff"}
	}
	if err := s.threshold(f.failOn, f.flags.Changed("fail-on")); err != nil {
		return err
	}
	if f.baseline != "" {
		s.baseline = f.baseline
	}
	known, err := readBaseline(s)
	if err != nil {
		return err
	}
	s.engine.StablePaths = known != nil
	if f.fixes {
		s.engine.Fixes = true
		s.engine.Finish = func(file *report.File, src []byte) { fix.Locate(file.Path, src, file.Findings) }
	}
	if f.live.cluster {
		if s.live, err = f.live.open(ctx, p, s, f.flags.Changed("kubernetes-version")); err != nil {
			return err
		}
		paths = append([]string{s.live.name}, f.facts...)
	}
	sinks, err := openOutputs(p, f)
	if err != nil {
		return err
	}
	defer func() {
		// A report that could not be written beats what it would have said.
		if closeErr := sinks.close(err); closeErr != nil {
			err = closeErr
		}
	}()
	return runScan(ctx, p, f, paths, s, known, sinks.writer)
}

// tellsFixes reports whether a format is written that has a place for fixes.
func (f *scanFlags) tellsFixes() bool {
	has := func(format string) bool { return format == "json" || format == "sarif" }
	return has(f.format) || slices.ContainsFunc(f.outputs, func(spec string) bool {
		format, _, _ := strings.Cut(spec, "=")
		return has(format)
	})
}

func runScan(ctx context.Context, p *Process, f *scanFlags, paths []string, s *settings, known *baseline.Baseline, w report.Writer) error {
	if err := w.Begin(&s.run); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	looked := make(tally, len(paths))
	// --severity says what is told, not what fails, and not what a baseline has seen.
	minimum := s.engine.MinSeverity
	s.engine.MinSeverity = control.Info
	var failing [control.Critical + 1]int
	// A person at a terminal sees problems in the report itself; anybody else has to be told beside it.
	diagnoses := !isTerminal(p.Stdout) || f.format != "pretty" && f.format != "table"
	scanner := engine.NewScanner(&s.engine)
	inputs, done := subjects(ctx, p, f, s, paths, scanner)
	defer done()
	summary, err := scanner.Scan(ctx, inputs, func(file *report.File) error {
		looked.add(file)
		if s.live != nil {
			s.live.once(file)
		}
		if len(file.Findings) > 0 && isTerminal(p.Stdout) {
			done() // what is found shows by itself that something happens
		}
		if diagnoses {
			diagnose(p, file)
		}
		if known != nil {
			acceptKnown(known, s.baseline, file)
		}
		for i := range file.Findings {
			if file.Findings[i].Status == control.Fail {
				failing[file.Findings[i].Severity]++
			}
		}
		dropBelow(minimum, file)
		return w.File(file)
	})
	done()
	if err != nil {
		return err
	}
	unproven := false
	if f.prove {
		if unproven, err = f.attack(ctx, p, s, w, summary, &failing); err != nil {
			return err
		}
	}
	empty := looked.empty(paths)
	summary.Errors += len(empty)
	summary.Failed = failed(&s.run, &failing)
	if err := w.End(summary); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	for _, message := range empty {
		p.say("error: %s", message)
	}
	if !f.quiet {
		remark(p, s, known)
	}
	switch {
	case summary.Errors > 0 || unproven:
		return exitError(ExitError)
	case summary.Failed:
		return exitError(ExitFindings)
	}
	return nil
}

// subjects are what is judged: files, or the objects of a cluster. done ends telling how far it is.
func subjects(ctx context.Context, p *Process, f *scanFlags, s *settings, paths []string, scanner *engine.Scanner) (inputs iter.Seq[engine.Input], done func()) {
	if s.live == nil {
		return manifests(ctx, p, &f.judging, s, paths), func() {}
	}
	s.live.wants = scanner.Asks
	tell, done := p.progress(f.quiet)
	return func(yield func(engine.Input) bool) {
		for in := range s.live.inputs(ctx, tell) {
			if !yield(in) {
				return
			}
		}
		if len(paths) == 1 {
			return
		}
		for in := range manifests(ctx, p, &f.judging, s, paths[1:]) {
			in.Argument++ // the first one is the cluster
			if !yield(in) {
				return
			}
		}
	}, done
}

// remark tells of waivers and baseline entries that have done their work.
func remark(p *Process, s *settings, known *baseline.Baseline) {
	for _, w := range s.engine.Waivers.Unused() {
		ran := slices.ContainsFunc(w.Controls, func(c *control.Control) bool { return has(s.run.Controls, c) })
		if w.Tool == "" && ran {
			p.say("note: no finding for the waiver %s", terminal.Sanitize(w.String()))
		}
	}
	if known == nil {
		return
	}
	fixed := 0
	for _, e := range known.Fixed() {
		fixed += e.Count
	}
	if fixed > 0 {
		p.say("note: %s of the baseline %s no longer there; 'kubeharden baseline write' forgets them", count(fixed, "finding"), plural(fixed, "is", "are"))
	}
}

func failed(run *report.Run, failing *[control.Critical + 1]int) bool {
	if run.FailOnNone {
		return false
	}
	for _, severity := range control.Severities() {
		if severity >= run.FailOn && failing[severity] > 0 {
			return true
		}
	}
	return false
}

// manifests turns the arguments into inputs of the engine.
func manifests(ctx context.Context, p *Process, f *judging, s *settings, paths []string) iter.Seq[engine.Input] {
	opts := f.source(p, s)
	opts.Facts = true
	return inputs(ctx, opts, paths, func(*source.Manifest) {})
}

// source is how manifests are read and rendered.
func (f *judging) source(p *Process, s *settings) *source.Options {
	return &source.Options{
		Stdin: p.Stdin, NoIgnore: f.noIgnore, NoRender: f.noRender, Looked: s.config.Looked, Also: inventory.WantsFile,
		Helm: f.charts.options(s.engine.Version), AllowRemote: f.allowRemote,
	}
}

// manifestsSeen shows each manifest to seen before it is judged.
func manifestsSeen(ctx context.Context, p *Process, f *judging, s *settings, paths []string, seen func(*source.Manifest)) iter.Seq[engine.Input] {
	return inputs(ctx, f.source(p, s), paths, seen)
}

func inputs(ctx context.Context, opts *source.Options, paths []string, seen func(*source.Manifest)) iter.Seq[engine.Input] {
	return func(yield func(engine.Input) bool) {
		for m := range source.Manifests(ctx, paths, opts) {
			seen(&m)
			if !yield(engine.Input{
				Path: m.Path, Argument: m.Argument, Read: m.Read, Once: m.Once, Origin: m.Origin,
				Err: m.Err, Line: m.Line, Column: m.Column, Warning: m.Warning,
			}) {
				return
			}
		}
	}
}

// tally counts what was found below each argument: a path without any object is a mistake and no green run.
type tally []struct{ objects, files, errors int }

func (t tally) add(file *report.File) {
	of := &t[file.Argument]
	of.objects += file.Objects
	of.files++
	for i := range file.Problems {
		if !file.Problems[i].Warning {
			of.errors++
		}
	}
}

// empty returns a sentence for each argument without objects that has not already been complained about. What lies in
// an argument inside of another one counts for both.
func (t tally) empty(paths []string) []string {
	var messages []string
	for i, path := range paths {
		var all struct{ objects, files, errors int }
		for k, inner := range paths {
			if k == i || inside(inner, path) {
				all.objects += t[k].objects
				all.files += t[k].files
				all.errors += t[k].errors
			}
		}
		if all.objects > 0 || all.errors > 0 {
			continue
		}
		if path == "-" {
			path = "standard input"
		}
		switch all.files {
		case 0:
			messages = append(messages, path+" has no manifests (.yaml, .yml or .json files that are not ignored; --no-ignore looks at all)")
		default:
			messages = append(messages, fmt.Sprintf("%s has no Kubernetes objects (looked at %s for apiVersion and kind)", path, count(all.files, "file")))
		}
	}
	return messages
}

// inside reports whether the path inner is outer or lies in it, as they are written.
func inside(inner, outer string) bool {
	rel, err := filepath.Rel(outer, inner)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

func count(n int, noun string) string { return fmt.Sprintf("%d %s", n, plural(n, noun, noun+"s")) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// diagnose tells on standard error what kept the run from looking, for formats that are read by machines.
func diagnose(p *Process, file *report.File) {
	for i := range file.Problems {
		problem := &file.Problems[i]
		kind := "error"
		if problem.Warning {
			kind = "warning"
		}
		place := problem.Place.File
		if problem.Place.Line > 0 {
			place = fmt.Sprintf("%s:%d:%d", place, problem.Place.Line, problem.Place.Column)
		}
		p.say("%s: %s: %s", kind, terminal.Sanitize(place), terminal.Sanitize(problem.Message))
	}
}

func parseKubernetesVersion(s string) (control.Minor, error) {
	minor, err := control.ParseMinor(s)
	if err != nil {
		return 0, &hintError{err, "for example --kubernetes-version " + control.LatestMinor.String()}
	}
	return minor, nil
}
