package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/terminal"
)

// fixFlags are the flags of fix as they are typed.
type fixFlags struct {
	judging
	format                    string
	risk                      string
	emit                      string
	write, check, interactive bool
	most                      control.FixRisk
	emission                  emission
	pins                      pinFlags
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

With --emit values the paths are Helm charts. Values that are behind what is found are looked for by rendering the chart with marks in their
place; the values file is proven by rendering and scanning again. With --emit post-renderer what no value reaches is patched for one release.

With --lock images are pinned by the digests in a file, and with --pin by those that registries give, as repo:tag@sha256:… The tag stays to be
read; clusters take the digest. Without --pin nothing asks a registry. Both need --risk review.

Exit status: 0 if all went well, 1 with --check if something would change, 2 if not everything could be looked at or written.`,
		Example: `  kubeharden fix deploy/
  kubeharden fix --write deploy/
  kubeharden fix --risk review --control seccomp-profile-missing deploy/
  kubeharden fix --risk review --control memory-request-missing --param memory-request-missing.value=128Mi deploy/
  kubeharden fix --risk breaking --interactive deploy/
  kubeharden fix --check --risk review .
  kubeharden fix --pin --write-lock images.lock --risk review --write deploy/
  kubeharden fix --lock images.lock --risk review --control image-digest-missing --write deploy/
  kubeharden fix --emit kustomize --write overlays/production
  kubeharden fix --emit values --risk review charts/app >values-hardened.yaml
  kubeharden fix --emit post-renderer --release-name shop --out hardening charts/app`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if err := f.settleFix(); err != nil {
				return err
			}
			if len(paths) == 0 {
				paths = []string{"."}
			}
			if f.emitsCharts() {
				return f.emitCharts(cmd.Context(), p, paths)
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
	flags.StringVar(&f.emit, "emit", "", "write the fixes as: kustomize (patches in an overlay), values (a values file for charts), post-renderer (patches of what no value reaches)")
	flags.StringVarP(&f.format, "format", "f", "diff", "diff, json")
	f.pins.register(flags)
	f.emission.register(flags)
	f.register(flags)
	cmd.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)
	return cmd
}

func (f *fixFlags) settleFix() error {
	if err := f.settleEmit(); err != nil {
		return err
	}
	if f.format != "diff" && f.format != "json" {
		return unknown(fmt.Sprintf("format %q", f.format), f.format, []string{"diff", "json"}, "formats are diff, json")
	}
	if f.check && (f.write || f.interactive) {
		return &hintError{fmt.Errorf("--check changes nothing, --write and --interactive do"), "leave one of them out"}
	}
	var names []string
	for _, risk := range control.FixRisks() {
		names = append(names, risk.String())
		if risk.String() == f.risk {
			f.most = risk
			return f.settlePins()
		}
	}
	return unknown(fmt.Sprintf("risk %q", f.risk), f.risk, names, "risks are safe, review, breaking")
}

func (f *fixFlags) run(ctx context.Context, p *Process, paths []string) error {
	s, err := f.settle(p, paths)
	if err != nil {
		return err
	}
	r := newFixRun(f, p, s)
	defer r.close()
	if f.emit == emitKustomize {
		if err := r.emitKustomize(ctx, paths); err != nil {
			return err
		}
		return r.finish(slices.Values(r.patched))
	}
	if err := r.readLock(); err != nil {
		return err
	}
	if err := r.scan(ctx, paths); err != nil {
		return err
	}
	if err := r.pin(ctx); err != nil {
		return err
	}
	return r.finish(r.mend(ctx))
}

// fixRun is one run of fix. Only mendOne is called by several goroutines.
type fixRun struct {
	f       *fixFlags
	p       *Process
	s       *settings
	found   map[string]*fixable
	order   []string
	told    int // how many fixes were told that a person has to make
	broken  bool
	stopped bool // the person at the terminal has had enough
	// single judges one file again, joint one that configures a component, concealing finds what must not be shown of it.
	single, joint, concealing *engine.Scanner
	answers                   *bufio.Reader
	// declined are the fixes that were not wanted, so that nobody is asked twice.
	declined map[string]bool
	counts   fixCounts
	rendered renderers
	pins     pins
	// overlays are the kustomizations that are patched, patched what became of their files, unfinished the folders in which one could not be written.
	overlays   []*overlay
	patched    []*mended
	unfinished map[*os.Root]bool
}

func newFixRun(f *fixFlags, p *Process, s *settings) *fixRun {
	s.engine.Fixes, s.engine.RenderedFixes = true, f.emit == emitKustomize
	s.engine.StablePaths = !f.noRender // by them what is rendered is known again
	if f.pins.wanted() {
		s.engine.Advise = adviseImage
	}
	r := &fixRun{
		f: f, p: p, s: s, answers: bufio.NewReader(p.Stdin), declined: map[string]bool{},
		found: map[string]*fixable{}, counts: newFixCounts(f.most), unfinished: map[*os.Root]bool{},
		concealing: concealing(s.engine.Version),
	}
	one := s.engine
	one.Jobs, one.Collect = 1, nil
	one.Controls = slices.DeleteFunc(slices.Clone(s.engine.Controls), func(c *control.Control) bool { return c.Scope == control.Everything && !onComponents(c) })
	r.joint = engine.NewScanner(&one)
	one.Controls = slices.DeleteFunc(slices.Clone(one.Controls), func(c *control.Control) bool { return c.Scope == control.Everything })
	r.single = engine.NewScanner(&one)
	return r
}

// fixable is what was found in a file, as far as it is needed: findings that are going to be fixed or that are mended elsewhere, and lines of the
// others if they are told.
type fixable struct {
	fixes, rendered []control.Finding
	lines           []fixLine
	// moved are images that can be pinned once another fix has moved them.
	moved []control.Finding
	// components says that the fixes are of the configuration of a component, which may be in several files.
	components bool
}

// scan finds what is wrong, file by file.
func (r *fixRun) scan(ctx context.Context, paths []string) error {
	looked := make(tally, len(paths))
	inputs := manifestsSeen(ctx, r.p, &r.f.judging, r.s, paths, r.rendered.note)
	_, err := engine.Scan(ctx, inputs, &r.s.engine, func(file *report.File) error {
		looked.add(file)
		diagnose(r.p, file)
		r.broken = r.broken || slices.ContainsFunc(file.Problems, func(p report.Problem) bool { return !p.Warning })
		for i := range file.Findings {
			if file.Findings[i].Severity >= r.s.engine.MinSeverity {
				r.keep(&file.Findings[i], file.Path)
			}
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

// keep keeps of a finding what is needed. What is rendered, to the manifest of that name, is told for the file that it was rendered from.
func (r *fixRun) keep(finding *control.Finding, manifest string) {
	path := finding.Place.File
	if finding.Place.Rendered {
		r.rendered.share(path, manifest)
	}
	file := r.found[path]
	if file == nil {
		file = &fixable{}
		r.found[path] = file
		r.order = append(r.order, path)
	}
	reason := fix.Reason(finding, r.f.most)
	switch {
	case reason == "":
		file.fixes = append(file.fixes, kept(finding))
		file.components = file.components || onComponents(finding.Control)
		return
	case fixableElsewhere(finding):
		file.rendered = append(file.rendered, kept(finding))
		return
	}
	r.counts.add(finding, reason, emitter{})
	if r.f.format == "json" {
		file.lines = append(file.lines, fixLineOf(finding, reason))
	}
}

// kept is a finding without what nobody asks for. Its texts may be parts of the file, which is not to be kept with them.
func kept(finding *control.Finding) control.Finding {
	k := *finding
	k.Snippet, k.Related, k.Folded, k.Containers = "", nil, nil, nil
	if !k.Place.Rendered {
		k.Value, k.StablePath = "", ""
	}
	for _, text := range []*string{
		&k.Ref.APIVersion, &k.Ref.Kind, &k.Ref.Namespace, &k.Ref.Name, &k.Ref.Container, &k.Message, &k.Path, &k.Value, &k.StablePath,
	} {
		*text = strings.Clone(*text)
	}
	return k
}

// asked lets a person choose among the fixes, if the run is interactive.
func (r *fixRun) asked(m *mended, findings []control.Finding) []control.Finding {
	if !r.f.interactive {
		return findings
	}
	var chosen []control.Finding
	for i := range findings {
		one := fix.Apply(m.path, m.after, findings[i:i+1], r.f.most)
		key := m.path + "\x00" + fixTold(&findings[i], "")
		if !one.Changed() || r.stopped || r.declined[key] {
			if findings[i].Fix == nil {
				chosen = append(chosen, findings[i])
			}
			continue
		}
		change, _ := covered(diff.Diff(m.path, m.after, m.path, one.After), m.secrets)
		_, _ = fmt.Fprintf(r.p.Stderr, "%s\n%sMake this change? [y]es, [n]o, [q]uit: ", fixTold(&findings[i], ""), change)
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
	return terminal.Sanitize(fmt.Sprintf("%-8s %s (%s): %s", f.Fix.Risk, f.Control.ID, f.Ref.String(), mayBreak(f)))
}

func mayBreak(f *control.Finding) string {
	if f.Control.Risk != "" {
		return f.Control.Risk
	}
	return "Nothing is known to break."
}

// finish writes the files or the diff, and tells what is left.
func (r *fixRun) finish(files iter.Seq[*mended]) error {
	w := bufio.NewWriter(r.p.Stdout)
	document := &fixDocument{Files: []fixedFile{}}
	for m := range files {
		if m.fatal {
			return errors.Join(m.err, w.Flush())
		}
		if m.changed() && r.written() {
			if m.err = r.save(m); m.err != nil {
				m.after = m.before
			}
		}
		if m.err != nil {
			r.p.say("error: %v", m.err)
			r.broken = true
		}
		for _, o := range m.outcomes {
			r.counts.add(o.Finding, o.Reason, m.elsewhere[o.Finding])
		}
		if m.changed() {
			r.counts.files++
		}
		if r.f.format == "json" {
			document.Files = append(document.Files, r.fileOf(m))
		} else {
			r.tell(w, m)
		}
	}
	var err error
	if r.f.format == "json" {
		err = writeJSON(w, document)
	}
	if err = errors.Join(err, w.Flush()); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if r.f.format != "json" {
		r.summary()
	}
	switch {
	case r.broken:
		return exitError(ExitError)
	case r.f.check && r.counts.files > 0:
		return exitError(ExitFindings)
	}
	return nil
}
