// Package engine judges manifests: it reads files in workers, runs the controls over their objects and hands the
// results on in the order of the input, whatever worker was faster.
package engine

import (
	"context"
	"iter"
	"runtime"
	"sync"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/inventory"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver"
)

// Options say how to judge.
type Options struct {
	Controls []*control.Control
	// Params are settings by control id and parameter name.
	Params map[string]map[string][]string
	// Version is the Kubernetes version to judge for.
	Version control.Minor
	// NoFold keeps findings that a stronger one on the same subject implies.
	NoFold bool
	// Severities replace the severity of controls, by id.
	Severities map[string]control.Severity
	// Waivers accept findings; nil accepts none.
	Waivers *waiver.Set
	// Fixes fills in control.Finding.Fix.
	Fixes bool
	// RenderedFixes fills it in for rendered objects too. The change is then one of what Input.Read returns, not of a file.
	RenderedFixes bool
	// Advise gives the edits of failures of controls without an automatic fix, from the node that the control judges, for those who know more than
	// the control does: which digest an image has. The fix is one that has to be looked at. Several goroutines call it at once. nil gives none.
	Advise func(c *control.Control, at tree.Node, out []control.Edit) []control.Edit
	// Finish is called with what was found in a file that is no rendering, and its bytes, before it is told: by several goroutines at once,
	// for different files. nil is nothing.
	Finish func(file *report.File, src []byte)
	// StablePaths fills in control.Finding.StablePath.
	StablePaths bool
	// Now is the moment that expiry is judged for.
	Now time.Time
	// MinSeverity leaves out findings below it.
	MinSeverity control.Severity
	// Jobs is the number of workers; 0 is one per processor.
	Jobs int
	// Collect is filled with what is known of all objects, for those who ask more than the controls do; nil is nobody.
	Collect *inventory.Inventory
}

// Input is one file to judge.
type Input struct {
	Path     string
	Argument int
	// Read returns the file's bytes. It may be called a second time, when all inputs have been read, and has to return the same again
	// unless Once is set.
	Read func() ([]byte, error)
	// Once says that the bytes can be read a single time only, as from a pipe.
	Once bool
	// Origin maps a line of what Read returns, counted from 1, to the file and line that it was rendered from, with that
	// line's text; nil if nothing was rendered.
	Origin func(line int) (file string, originLine int, text string, ok bool)
	// Line and Column say where in Path Err arose, counted from 1; 0 if that is not known.
	Line, Column int
	// Live says that the bytes are an object of a running cluster: Path names it and is no name of a file.
	Live bool
	// Alone says that it is judged by itself only: it stands for what another object makes, of which everything else is known.
	Alone bool
	// Missing are the kinds of which Err kept objects from being read: controls that ask for them cannot be judged.
	Missing []control.Kind
	// Instead reports whether other inputs have told what is missing; nil is no.
	Instead func(*inventory.Inventory) bool
	// Err is set if the file could not be reached at all.
	Err error
	// Warning says that Err kept nothing from being judged.
	Warning bool
}

// task is one file on its way through a worker.
type task struct {
	input  Input
	number int // of the input, in their order
	// work is what the worker does with it.
	work func(*judge, *task)
	file report.File
	// part is what an inventory keeps of the file; nil if none is wanted.
	part *inventory.Part
	// kept is what is needed to read the file again.
	kept kept
	done chan struct{}
}

// window is how many files per worker may wait for a slower one before them. It bounds memory.
const window = 16

// Scan judges the inputs and calls sink for each of them in order, from one goroutine. What several objects together do wrong is known
// when all have been read: the files that it shows in are then given to sink a second time, with report.File.Across set. Scan returns the
// first error of sink or of the context; what is wrong with a file is in its report.File and does not end the scan.
func Scan(ctx context.Context, inputs iter.Seq[Input], opts *Options, sink func(*report.File) error) (*report.Summary, error) {
	return NewScanner(opts).Scan(ctx, inputs, sink)
}

// Scanner scans with the same options again and again. It may be used by several goroutines.
type Scanner struct {
	plan    *plan
	jobs    int
	collect *inventory.Inventory
}

// NewScanner settles what the options ask for.
func NewScanner(opts *Options) *Scanner {
	s := &Scanner{plan: newPlan(opts), jobs: opts.Jobs, collect: opts.Collect}
	if s.jobs <= 0 {
		s.jobs = runtime.GOMAXPROCS(0)
	}
	return s
}

// Scan is Scan with the options of the scanner.
func (s *Scanner) Scan(ctx context.Context, inputs iter.Seq[Input], sink func(*report.File) error) (*report.Summary, error) {
	plan := s.plan
	pool := &pool{judges: make([]*judge, s.jobs)}
	for i := range pool.judges {
		pool.judges[i] = newJudge(plan)
	}
	summary := &report.Summary{Controls: make([]control.Counts, len(plan.controls))}
	tell := func(t *task) error {
		// The sink may still change findings, such as those that a baseline knows.
		if err := sink(&t.file); err != nil {
			return err
		}
		summary.Add(&t.file)
		return nil
	}
	all := newGathered(plan, s.collect)
	err := pool.run(ctx, firstReading(inputs, plan), func(t *task) error {
		all.take(t)
		return tell(t)
	})
	if err == nil {
		err = all.unread(summary, tell)
	}
	if err == nil && len(plan.together) > 0 {
		err = all.judge(ctx, pool, summary, tell)
	}
	if err != nil {
		return nil, err
	}
	for _, j := range pool.judges {
		for i := range j.counts {
			summary.Controls[i].Add(&j.counts[i])
		}
	}
	summary.NotConfigured = plan.notConfigured
	return summary, nil
}

// firstReading makes tasks of the inputs: every object is judged by itself.
func firstReading(inputs iter.Seq[Input], plan *plan) iter.Seq[*task] {
	return func(yield func(*task) bool) {
		number := 0
		for in := range inputs {
			t := &task{input: in, number: number, work: (*judge).alone}
			if plan.gather && !in.Alone {
				t.part = &inventory.Part{Mentions: plan.mentions}
			}
			number++
			if !yield(t) {
				return
			}
		}
	}
}

// pool is the workers of a scan.
type pool struct{ judges []*judge }

// run lets the workers do the tasks and calls done for each of them in order, from one goroutine.
func (p *pool) run(ctx context.Context, tasks iter.Seq[*task], done func(*task) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	work := make(chan *task, len(p.judges)*window)
	order := make(chan *task, len(p.judges)*window)
	go func() {
		defer close(work)
		defer close(order)
		for t := range tasks {
			t.done = make(chan struct{})
			select {
			case order <- t:
			case <-ctx.Done():
				return
			}
			select {
			case work <- t:
			case <-ctx.Done():
				return
			}
		}
	}()
	var workers sync.WaitGroup
	for _, j := range p.judges {
		workers.Go(func() {
			for t := range work {
				if ctx.Err() == nil {
					t.work(j, t)
				}
				close(t.done)
			}
		})
	}
	err := collect(ctx, order, done)
	cancel()
	if err != nil {
		// A worker may be blocked in reading a pipe that nobody writes to.
		return err
	}
	workers.Wait()
	return nil
}

func collect(ctx context.Context, order <-chan *task, done func(*task) error) error {
	for t := range order {
		select {
		case <-t.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if err := done(t); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}
