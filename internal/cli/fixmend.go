package cli

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/report"
)

// maxRounds bounds how often a file is fixed again: what one fix brings to light another one may mend.
const maxRounds = 8

// mended is what became of one file.
type mended struct {
	path          string
	before, after []byte
	outcomes      []fix.Outcome
	lines         []fixLine
	diff          []byte
	// secrets are values that the diff must not show, covered says that it would have.
	secrets []string
	covered bool
	err     error
	// fatal says that the run is over.
	fatal bool
	// created says that there is no such file yet.
	created bool
	// elsewhere are the runs that may mend findings which this one cannot.
	elsewhere map[*control.Finding]emitter
	// folder is what the file is not to be written outside of, and inside its path from there; nil for a file that was named or found.
	folder *os.Root
	inside string
}

func (m *mended) changed() bool { return !bytes.Equal(m.before, m.after) }

// mend makes the fixes of every file, on all processors, and yields what comes out in the order in which the files were found.
func (r *fixRun) mend(ctx context.Context) iter.Seq[*mended] {
	jobs := cmp.Or(r.s.engine.Jobs, runtime.GOMAXPROCS(0))
	if r.f.interactive {
		jobs = 1
	}
	return func(yield func(*mended) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var workers sync.WaitGroup
		defer workers.Wait()
		results := make([]chan *mended, jobs) // a ring of those on their way
		next := 0
		start := func() {
			if next == len(r.order) {
				return
			}
			path, result := r.order[next], make(chan *mended, 1)
			found := r.found[path]
			delete(r.found, path) // it is not needed any more once it is mended
			results[next%jobs] = result
			next++
			if jobs == 1 {
				result <- r.mendOne(ctx, path, found)
				return
			}
			workers.Go(func() { result <- r.mendOne(ctx, path, found) })
		}
		for range jobs - 1 {
			start()
		}
		for i := range r.order {
			start()
			m := <-results[i%jobs]
			if !yield(m) || r.stopped {
				return
			}
		}
	}
}

// mendOne makes the fixes of a file.
func (r *fixRun) mendOne(ctx context.Context, path string, found *fixable) *mended {
	m := &mended{path: path, lines: found.lines}
	if err := r.pointToSource(ctx, m, found.rendered); err != nil {
		return &mended{path: path, err: err, fatal: true}
	}
	if len(found.fixes) == 0 {
		return m
	}
	src, err := r.read(path)
	if err != nil {
		m.err = fmt.Errorf("read %s: %w", path, err)
		return m
	}
	m.before = src
	if m.secrets, err = r.secretsOf(ctx, path, src); err != nil {
		return &mended{path: path, err: err, fatal: true}
	}
	err = r.rounds(m, found.fixes, func(now []byte) ([]control.Finding, error) {
		return r.again(ctx, fileInput(path, now), found.components)
	})
	if err != nil {
		return &mended{path: path, err: err, fatal: true}
	}
	m.unmoved(found.moved)
	if m.changed() {
		m.diff = m.unified()
	}
	return m
}

// rounds makes the fixes of one text, and judges what comes out again until there is nothing left to do.
func (r *fixRun) rounds(m *mended, findings []control.Finding, again func(now []byte) ([]control.Finding, error)) (err error) {
	m.after = m.before
	later := postponed{}
	for round := range maxRounds {
		if round > 0 {
			if findings, err = again(m.after); err != nil {
				return err
			}
			m.outcomes = append(m.outcomes, later.refused(findings, r.f.most)...)
			if !slices.ContainsFunc(findings, func(f control.Finding) bool { return fix.Reason(&f, r.f.most) == "" }) {
				break
			}
		}
		done := fix.Apply(m.path, m.after, r.asked(m, findings), r.f.most)
		for _, o := range done.Outcomes {
			if o.Reason == "" || round == 0 && !o.Deferred {
				m.outcomes = append(m.outcomes, o)
			}
			later.note(&o, round)
		}
		if !done.Changed() {
			break
		}
		m.after = done.After
	}
	return nil
}

// postponed counts the findings whose fixes wait for others, by control and subject.
type postponed map[[2]string]int

func (p postponed) note(o *fix.Outcome, round int) {
	key := [2]string{o.Finding.Control.ID, o.Finding.Ref.String() + "/" + o.Finding.Ref.Container}
	switch {
	case round == 0 && o.Deferred:
		p[key]++
	case round > 0 && o.Reason == "" && p[key] > 0:
		p[key]--
	}
}

// refused are those of the findings that waited, and cannot be fixed now that the others are.
func (p postponed) refused(findings []control.Finding, most control.FixRisk) (out []fix.Outcome) {
	for i := range findings {
		f := &findings[i]
		key := [2]string{f.Control.ID, f.Ref.String() + "/" + f.Ref.Container}
		if p[key] == 0 || f.NoFix == "" {
			continue
		}
		p[key]--
		out = append(out, fix.Outcome{Finding: f, Reason: fix.Reason(f, most)})
	}
	return out
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

// fileInput is a file for the engine.
func fileInput(path string, src []byte) engine.Input {
	return engine.Input{Path: path, Read: func() ([]byte, error) { return src, nil }}
}

// again judges one file as it has become. What several objects do together is not asked again, unless the file configures a component.
func (r *fixRun) again(ctx context.Context, in engine.Input, components bool) ([]control.Finding, error) {
	var findings []control.Finding
	scanner := r.single
	if components {
		scanner = r.joint
	}
	_, err := scanner.Scan(ctx, slices.Values([]engine.Input{in}), func(file *report.File) error {
		findings = append(findings, file.Findings...)
		return nil
	})
	return r.repinned(r.severe(findings)), err
}

// onComponents reports whether a control is about the configuration of components. Others that judge everything together may be about
// objects of other files, which a single file does not show.
func onComponents(c *control.Control) bool {
	_, together := c.Require.(*control.Together)
	return c.Scope == control.Everything && !together
}

// severe leaves out findings below the severity that was asked for.
func (r *fixRun) severe(findings []control.Finding) []control.Finding {
	return slices.DeleteFunc(findings, func(f control.Finding) bool { return f.Severity < r.s.engine.MinSeverity })
}
