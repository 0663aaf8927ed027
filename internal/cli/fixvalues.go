package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix/values"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/source/render"
	"github.com/kubeharden/kubeharden/terminal"
)

// emitValues is the value of --emit for values of charts.
const emitValues = "values"

// emission are the flags that say where the file of --emit goes.
type emission struct {
	out   string
	force bool
}

// valuesName is the file that --write makes beside a chart's values.yaml.
const valuesName = "values-hardened.yaml"

func (e *emission) register(flags *pflag.FlagSet) {
	flags.StringVar(&e.out, "out", "", "with --emit values or post-renderer: write to this `file` of values, or folder of a post-renderer; --write writes "+valuesName+" beside values.yaml")
	flags.BoolVar(&e.force, "force", false, "with --emit values or post-renderer: replace files that are there")
}

// emitsCharts reports whether the paths are charts.
func (f *fixFlags) emitsCharts() bool { return f.emit == emitValues || f.emit == emitPostRenderer }

func (f *fixFlags) settleEmit() error {
	e := &f.emission
	emits := []string{emitKustomize, emitValues, emitPostRenderer}
	switch {
	case f.emit != "" && !slices.Contains(emits, f.emit):
		return unknown(fmt.Sprintf("--emit %q", f.emit), f.emit, emits, "fixes can be emitted as "+strings.Join(emits, ", "))
	case !f.emitsCharts() && (e.out != "" || e.force):
		return &hintError{errors.New("--out and --force are for --emit values and --emit post-renderer"), "--write changes files where they are"}
	case f.emitsCharts() && (f.interactive || f.check):
		return &hintError{fmt.Errorf("--emit %s writes a file of its own: there is nothing to ask or check", f.emit), "leave --interactive and --check out"}
	case f.emit != "" && f.noRender:
		return &hintError{fmt.Errorf("--emit %s hardens what is rendered, --no-render renders nothing", f.emit), "leave one of them out"}
	case f.emit == emitPostRenderer && f.charts.releaseName == "":
		return &hintError{errors.New("patches name objects as a release renders them"), "add --release-name"}
	case f.emit == emitPostRenderer && (f.write || f.format != "diff"):
		return &hintError{errors.New("--emit post-renderer writes a kustomization on standard output, or a folder"), "--out names the folder"}
	case e.out != "" && f.write:
		return &hintError{errors.New("--out and --write both say where to write"), "leave one of them out"}
	}
	return nil
}

// emitTimeout bounds the work on one chart: it is rendered up to 120 times.
const emitTimeout = 5 * time.Minute

// emitted is what became of one chart.
type emitted struct {
	*values.Result
	// written is the file or folder; "" if it went to standard output, or nowhere.
	written string
	post    *postRendered
}

// emitCharts writes files of values that harden charts.
func (f *fixFlags) emitCharts(ctx context.Context, p *Process, paths []string) error {
	charts, err := chartsIn(paths)
	if err != nil {
		return err
	}
	if f.emission.out != "" && len(charts) > 1 {
		return &hintError{fmt.Errorf("--out is one file, and there are %d charts", len(charts)), "give one chart, or use --write"}
	}
	s, err := f.settle(p, paths)
	if err != nil {
		return err
	}
	s.engine.Fixes, s.engine.RenderedFixes = true, true
	broken := false
	var all []emitted
	for _, chart := range charts {
		e, whole, err := f.emitChart(ctx, p, s, chart)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			p.say("error: %v", err)
			broken = true
			continue
		}
		broken = broken || !whole
		all = append(all, *e)
	}
	for i := range all {
		if err := f.place(&all[i]); err != nil {
			p.say("error: %v", err)
			broken = true
		}
	}
	if err := f.tellCharts(p, all); err != nil {
		return err
	}
	if broken {
		return exitError(ExitError)
	}
	return nil
}

// chartsIn finds the charts that paths name, or that lie below them; those inside of charts belong to these.
func chartsIn(paths []string) ([]string, error) {
	var charts []string
	for _, path := range paths {
		if helm.IsChart(path) || helm.IsArchive(path) {
			charts = append(charts, path)
			continue
		}
		before := len(charts)
		err := filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return bareCause(err)
			case !d.IsDir():
				return nil
			case name != path && strings.HasPrefix(d.Name(), "."):
				return fs.SkipDir
			case helm.IsChart(name):
				charts = append(charts, name)
				return fs.SkipDir
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("look for charts in %s: %w", path, err)
		}
		if len(charts) == before {
			return nil, &hintError{fmt.Errorf("%s is no Helm chart, and has none in it", path), "a chart is a folder with a Chart.yaml, or its archive; leave --emit out for manifests"}
		}
	}
	return charts, nil
}

// emitChart hardens one chart; whole says that everything that it renders could be judged.
func (f *fixFlags) emitChart(ctx context.Context, p *Process, s *settings, chart string) (e *emitted, whole bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, emitTimeout)
	defer cancel()
	opts := f.charts.options(s.engine.Version)
	opts.IncludeCRDs = true
	told := map[string]bool{}
	how := &values.Options{Helm: opts, Most: f.most, Judge: func(ctx context.Context, manifests []render.Manifest, all bool) ([]values.Found, error) {
		one := s.engine
		one.NoFold = one.NoFold || all
		var found []values.Found
		_, err := engine.Scan(ctx, renderedInputs(manifests), &one, func(file *report.File) error {
			for i := range file.Problems {
				// Each rendering has the same.
				if problem := &file.Problems[i]; !told[problem.Message] && !problem.Warning {
					told[problem.Message] = true
					p.say("error: %s: %s", terminal.Sanitize(problem.Place.File), terminal.Sanitize(problem.Message))
				}
			}
			for i := range file.Findings {
				if file.Findings[i].Severity >= one.MinSeverity {
					found = append(found, values.Found{Manifest: file.Path, Finding: file.Findings[i]})
				}
			}
			return nil
		})
		return found, err
	}}
	out, err := values.Harden(ctx, chart, how)
	if err != nil {
		return nil, false, fmt.Errorf("harden chart: %w", err)
	}
	e = &emitted{Result: out}
	if f.emit == emitPostRenderer {
		if err := f.emitPatches(ctx, e, how); err != nil {
			return nil, false, fmt.Errorf("harden chart %s: %w", chart, err)
		}
	}
	return e, len(told) == 0, nil
}

func renderedInputs(manifests []render.Manifest) func(func(engine.Input) bool) {
	return func(yield func(engine.Input) bool) {
		for i := range manifests {
			m := &manifests[i]
			if !yield(engine.Input{Path: m.Path, Read: func() ([]byte, error) { return m.Source, nil }, Origin: m.Origin}) {
				return
			}
		}
	}
}

// place writes a values file, if it is to be one.
func (f *fixFlags) place(e *emitted) error {
	if f.emit == emitPostRenderer {
		return f.placePatches(e)
	}
	path := f.emission.out
	if f.write {
		if info, err := os.Stat(e.Chart); err != nil || !info.IsDir() {
			return fmt.Errorf("write %s: %s is an archive; --out names a file", valuesName, e.Chart)
		}
		path = filepath.Join(e.Chart, valuesName)
	}
	if path == "" || len(e.Text) == 0 {
		return nil
	}
	if old, err := os.ReadFile(path); err == nil && !f.emission.force {
		if bytes.Equal(old, e.Text) {
			e.written = path
			return nil
		}
		return fmt.Errorf("write %s: there is a file already; --force replaces it", path)
	}
	out, err := createOutput(path)
	if err != nil {
		return err
	}
	out.buf.Write(e.Text)
	if err := out.commit(); err != nil {
		return err
	}
	e.written = path
	return nil
}
