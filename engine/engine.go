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
	"github.com/kubeharden/kubeharden/report"
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
	// StablePaths fills in control.Finding.StablePath.
	StablePaths bool
	// Now is the moment that expiry is judged for.
	Now time.Time
	// MinSeverity leaves out findings below it.
	MinSeverity control.Severity
	// Jobs is the number of workers; 0 is one per processor.
	Jobs int
}

// Input is one file to judge.
type Input struct {
	Path     string
	Argument int
	// Read returns the file's bytes.
	Read func() ([]byte, error)
	// Origin maps a line of what Read returns, counted from 1, to the file and line that it was rendered from, with that
	// line's text; nil if nothing was rendered.
	Origin func(line int) (file string, originLine int, text string, ok bool)
	// Line and Column say where in Path Err arose, counted from 1; 0 if that is not known.
	Line, Column int
	// Err is set if the file could not be reached at all.
	Err error
	// Warning says that Err kept nothing from being judged.
	Warning bool
}

// task is one file on its way through a worker.
type task struct {
	input Input
	file  report.File
	done  chan struct{}
}

// window is how many files per worker may wait for a slower one before them. It bounds memory.
const window = 16

// Scan judges the inputs and calls sink for each of them in order, from one goroutine. It returns the first error of sink
// or of the context; what is wrong with a file is in its report.File and does not end the scan.
func Scan(ctx context.Context, inputs iter.Seq[Input], opts *Options, sink func(*report.File) error) (*report.Summary, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jobs := opts.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	plan := newPlan(opts)

	work := make(chan *task, jobs*window)
	order := make(chan *task, jobs*window)
	go func() {
		defer close(work)
		defer close(order)
		for in := range inputs {
			t := &task{input: in, done: make(chan struct{})}
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

	judges := make([]*judge, jobs)
	var workers sync.WaitGroup
	for i := range judges {
		judges[i] = newJudge(plan)
		workers.Go(func() {
			for t := range work {
				if ctx.Err() == nil {
					judges[i].file(&t.input, &t.file)
				}
				close(t.done)
			}
		})
	}

	summary := &report.Summary{Controls: make([]control.Counts, len(plan.controls))}
	err := collect(ctx, order, summary, sink)
	cancel()
	if err != nil {
		// A worker may be blocked in reading a pipe that nobody writes to.
		return nil, err
	}
	workers.Wait()
	for _, j := range judges {
		for i := range j.counts {
			summary.Controls[i].Add(&j.counts[i])
		}
	}
	summary.NotConfigured = plan.notConfigured
	return summary, err
}

func collect(ctx context.Context, order <-chan *task, summary *report.Summary, sink func(*report.File) error) error {
	for t := range order {
		select {
		case <-t.done:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		// The sink may still change findings, such as those that a baseline knows.
		if err := sink(&t.file); err != nil {
			return err
		}
		summary.Add(&t.file)
	}
	return context.Cause(ctx)
}
