package cli

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/report"
)

// fixFlags are the flags of fix as they are typed.
type fixFlags struct {
	judging
	format                    string
	risk                      string
	emit                      string
	write, check, interactive bool
	most                      control.FixRisk
}

func newFix(p *Process) *cobra.Command {
	var f fixFlags
	cmd := &cobra.Command{
		Use:   "fix [PATH…]",
		Short: "Change manifests so that findings are gone: the smallest possible diff",
		Long: `Shows the changes that mend what scan finds, as a unified diff, and changes nothing; --write makes them. Comments, blank lines, quotes and
the order of keys stay. Each changed document is read again and has to be the old one with exactly the changes, else it is left alone.

Every fix has a risk, and says what may break: safe ones change nothing for what runs as it should; review ones should be looked at;
breaking ones stop a workload that is not prepared for them. Only safe ones are made unless --risk says more.

With --emit kustomize the paths are folders with kustomizations. What they build is mended by patches in the folder, one file per object, that
are registered in its kustomization file; bases stay as they are. Every patch is proven by building and scanning again.

Exit status: 0 if all went well, 1 with --check if something would change, 2 if not everything could be looked at or written.`,
		Example: `  kubeharden fix deploy/
  kubeharden fix --write deploy/
  kubeharden fix --risk review --control seccomp-profile-missing,memory-request-missing deploy/
  kubeharden fix --risk breaking --interactive deploy/
  kubeharden fix --check --risk review .
  kubeharden fix --emit kustomize --write overlays/production`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := f.settleFix(); err != nil {
				return err
			}
			if len(paths) == 0 {
				paths = []string{"."}
			}
			return f.run(cmd.Context(), p, paths)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.BoolVarP(&f.write, "write", "w", false, "change the files")
	flags.BoolVar(&f.check, "check", false, "exit 1 if something would change")
	flags.BoolVarP(&f.interactive, "interactive", "i", false, "ask for each fix, and change the files")
	flags.StringVar(&f.risk, "risk", "safe", "make fixes up to this `risk`: safe, review, breaking")
	flags.StringVar(&f.emit, "emit", "", "write the fixes as: kustomize (patches in an overlay)")
	flags.StringVarP(&f.format, "format", "f", "diff", "diff, json")
	f.register(flags)
	cmd.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	return cmd
}

func (f *fixFlags) settleFix() error {
	if f.format != "diff" && f.format != "json" {
		return unknown(fmt.Sprintf("format %q", f.format), f.format, []string{"diff", "json"}, "formats are diff, json")
	}
	if f.check && (f.write || f.interactive) {
		return &hintError{fmt.Errorf("--check changes nothing, --write and --interactive do"), "leave one of them out"}
	}
	if f.emit != "" && f.emit != emitKustomize {
		return unknown(fmt.Sprintf("--emit %q", f.emit), f.emit, []string{emitKustomize}, "fixes can be emitted as kustomize")
	}
	if f.emit != "" && f.noRender {
		return &hintError{fmt.Errorf("--emit %s patches what is rendered, --no-render renders nothing", f.emit), "leave one of them out"}
	}
	var names []string
	for _, risk := range control.FixRisks() {
		names = append(names, risk.String())
		if risk.String() == f.risk {
			f.most = risk
			return nil
		}
	}
	return unknown(fmt.Sprintf("risk %q", f.risk), f.risk, names, "risks are safe, review, breaking")
}

// mended is what became of one file.
type mended struct {
	path          string
	before, after []byte
	outcomes      []fix.Outcome
	// created says that there is no such file yet.
	created bool
	// elsewhere are the commands that mend findings which this run cannot.
	elsewhere map[*control.Finding]string
	// folder is what the file is not to be written outside of, and inside its path from there; nil for a file that was named or found.
	folder *os.Root
	inside string
}

func (f *fixFlags) run(ctx context.Context, p *Process, paths []string) error {
	s, err := f.settle(p, paths)
	if err != nil {
		return err
	}
	s.engine.Fixes, s.engine.StablePaths = true, true
	r := &fixRun{f: f, p: p, s: s, answers: bufio.NewReader(p.Stdin), declined: map[string]bool{}}
	defer r.close()
	if f.emit == emitKustomize {
		err = r.emitKustomize(ctx, paths)
	} else if err = r.scan(ctx, paths); err == nil {
		err = r.mend(ctx)
	}
	if err != nil {
		return err
	}
	return r.finish()
}

// fixRun is one run of fix.
type fixRun struct {
	f        *fixFlags
	p        *Process
	s        *settings
	found    map[string][]control.Finding
	order    []string
	files    []*mended
	broken   bool
	single   *engine.Options // those of alone
	stopped  bool            // the person at the terminal has had enough
	answers  *bufio.Reader
	overlays []*overlay
	rendered renderers
	// declined are the fixes that were not wanted, so that nobody is asked twice.
	declined map[string]bool
}

// scan finds what is wrong, file by file.
func (r *fixRun) scan(ctx context.Context, paths []string) error {
	r.found = map[string][]control.Finding{}
	looked := make(tally, len(paths))
	minimum := r.s.engine.MinSeverity
	inputs := manifestsSeen(ctx, r.p, &r.f.judging, r.s, paths, r.rendered.note)
	_, err := engine.Scan(ctx, inputs, &r.s.engine, func(file *report.File) error {
		looked.add(file)
		diagnose(r.p, file)
		r.broken = r.broken || slices.ContainsFunc(file.Problems, func(p report.Problem) bool { return !p.Warning })
		for i := range file.Findings {
			finding := &file.Findings[i]
			if finding.Severity < minimum {
				continue
			}
			// What is rendered is told for the file that it was rendered from.
			path := finding.Place.File
			if _, ok := r.found[path]; !ok {
				r.order = append(r.order, path)
			}
			if finding.Place.Rendered {
				r.rendered.share(path, file.Path)
			}
			r.found[path] = append(r.found[path], *finding)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, message := range looked.empty(paths) {
		r.p.say("error: %s", message)
		r.broken = true
	}
	return nil
}

// maxRounds bounds how often a file is fixed again: what one fix brings to light another one may mend.
const maxRounds = 8

// mend makes the fixes of every file, and judges what comes out again until there is nothing left to do.
func (r *fixRun) mend(ctx context.Context) error {
	for _, path := range r.order {
		if r.stopped {
			return nil
		}
		findings := r.found[path]
		if !slices.ContainsFunc(findings, func(f control.Finding) bool { return f.Fix != nil }) {
			m := &mended{path: path, outcomes: fix.Apply(path, nil, findings, r.f.most).Outcomes}
			if err := r.pointToSource(ctx, m); err != nil {
				return err
			}
			r.files = append(r.files, m)
			continue
		}
		src, err := r.read(path)
		if err != nil {
			r.p.say("error: read %s: %v", path, err)
			r.broken = true
			continue
		}
		m, err := r.rounds(path, src, findings, func(now []byte) ([]control.Finding, error) {
			return r.again(ctx, engine.Input{Path: path, Read: func() ([]byte, error) { return now, nil }}, findings)
		})
		if err != nil {
			return err
		}
		r.files = append(r.files, m)
	}
	return nil
}

// rounds makes the fixes of one text, and judges what comes out again until there is nothing left to do.
func (r *fixRun) rounds(path string, src []byte, findings []control.Finding, again func(now []byte) ([]control.Finding, error)) (*mended, error) {
	m := &mended{path: path, before: src, after: src}
	for round := range maxRounds {
		if round > 0 {
			var err error
			if findings, err = again(m.after); err != nil {
				return nil, err
			}
		}
		done := fix.Apply(path, m.after, r.asked(path, m.after, findings), r.f.most)
		for _, o := range done.Outcomes {
			if o.Reason == "" || round == 0 && !o.Deferred {
				m.outcomes = append(m.outcomes, o)
			}
		}
		if !done.Changed() {
			break
		}
		m.after = done.After
	}
	return m, nil
}

func (r *fixRun) read(path string) ([]byte, error) {
	if path == "<stdin>" {
		return nil, fmt.Errorf("standard input cannot be changed: give files")
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, bareCause(err)
	}
	return src, nil
}

// again judges one file as it has become. first is what was found in it at first.
func (r *fixRun) again(ctx context.Context, in engine.Input, first []control.Finding) ([]control.Finding, error) {
	var findings []control.Finding
	one := func(yield func(engine.Input) bool) { yield(in) }
	_, err := engine.Scan(ctx, one, r.alone(first), func(file *report.File) error {
		findings = append(findings, file.Findings...)
		return nil
	})
	return r.severe(findings), err
}

// severe leaves out findings below the severity that was asked for.
func (r *fixRun) severe(findings []control.Finding) []control.Finding {
	return slices.DeleteFunc(findings, func(f control.Finding) bool { return f.Severity < r.s.engine.MinSeverity })
}

// alone are the options for one file by itself: what several objects do together is not asked again, unless the file configures a component.
func (r *fixRun) alone(first []control.Finding) *engine.Options {
	if slices.ContainsFunc(first, func(f control.Finding) bool { return f.Fix != nil && f.Control.Scope == control.Everything }) {
		return &r.s.engine
	}
	if r.single == nil {
		one := r.s.engine
		one.Jobs, one.Collect = 1, nil
		one.Controls = slices.DeleteFunc(slices.Clone(one.Controls), func(c *control.Control) bool { return c.Scope == control.Everything })
		r.single = &one
	}
	return r.single
}

// asked lets a person choose among the fixes, if the run is interactive.
func (r *fixRun) asked(path string, src []byte, findings []control.Finding) []control.Finding {
	if !r.f.interactive {
		return findings
	}
	var chosen []control.Finding
	for i := range findings {
		one := fix.Apply(path, src, findings[i:i+1], r.f.most)
		key := path + "\x00" + fixTold(&findings[i], "")
		if !one.Changed() || r.stopped || r.declined[key] {
			if findings[i].Fix == nil {
				chosen = append(chosen, findings[i])
			}
			continue
		}
		_, _ = fmt.Fprintf(r.p.Stderr, "%s\n%sMake this change? [y]es, [n]o, [q]uit: ", fixTold(&findings[i], ""), diff.Diff(path, src, path, one.After))
		line, err := r.answers.ReadString('\n')
		switch answer := strings.ToLower(strings.TrimSpace(line)); {
		case answer == "y" || answer == "yes":
			chosen = append(chosen, findings[i])
		case answer == "q" || answer == "quit" || err == io.EOF:
			r.stopped = true
		default:
			r.declined[key] = true
		}
	}
	return chosen
}

// fixTold says one fix in a line; "" if it was not made.
func fixTold(f *control.Finding, reason string) string {
	if f.Fix == nil || reason != "" {
		return ""
	}
	return report.Sanitize(fmt.Sprintf("%-8s %s (%s): %s", f.Fix.Risk, f.Control.ID, f.Ref.String(), mayBreak(f)))
}

func mayBreak(f *control.Finding) string {
	if f.Control.Risk != "" {
		return f.Control.Risk
	}
	return "Nothing is known to break."
}

// finish writes the files or the diff, and tells what is left.
func (r *fixRun) finish() error {
	changed := false
	for _, m := range r.files {
		changed = changed || !bytes.Equal(m.before, m.after)
	}
	if r.written() {
		r.write()
	}
	if err := r.tell(); err != nil {
		return err
	}
	switch {
	case r.broken:
		return exitError(ExitError)
	case r.f.check && changed:
		return exitError(ExitFindings)
	}
	return nil
}
