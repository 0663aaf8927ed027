// Package source turns the paths of a command line into manifests to judge: files as they are, Helm charts and
// kustomizations rendered. What belongs to a chart or to a kustomization that is built is not judged raw as well.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kubeharden/kubeharden/source/files"
	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/source/kustomize"
	"github.com/kubeharden/kubeharden/source/render"
)

// Options say what to read and how to render it.
type Options struct {
	Stdin    io.Reader
	NoIgnore bool // pay no attention to ignore files
	NoRender bool // judge templates and kustomizations as the files they are
	// Looked says whether a file below a folder is to be looked at; nil looks at all.
	Looked func(path string) bool
	// Also says that a file below a folder is to be read though it is not named like a manifest; nil adds none.
	Also func(path string) bool
	// Helm is for every chart; Root and Warn are filled in.
	Helm helm.Options
	// Facts says that files which facts of nodes carry are judged too.
	Facts bool
	// AllowRemote lets kustomizations fetch bases.
	AllowRemote bool
	// RenderTimeout bounds the rendering of one chart or kustomization; 0 is half a minute.
	RenderTimeout time.Duration
}

// Manifest is one file, or one rendered file, to judge.
type Manifest struct {
	Path     string
	Argument int // index of the argument that led to it
	// Read returns the bytes; they are already there if they were rendered.
	Read func() ([]byte, error)
	// Once says that Read works a single time.
	Once bool
	// Origin is that of render.Manifest; nil for a file as it is.
	Origin func(line int) (file string, originLine int, text string, ok bool)
	// Kustomization is the folder of the kustomization that it was rendered from, Chart the folder or archive of the chart; "" if it was none.
	Kustomization, Chart string
	// Err is set if there is nothing to read; Line and Column say where, if that is known.
	Err          error
	Line, Column int
	// Warning says that Err kept nothing from being judged.
	Warning bool
}

// Manifests yields the manifests of the paths in a fixed order.
func Manifests(ctx context.Context, paths []string, opts *Options) iter.Seq[Manifest] {
	all := func(yield func(Manifest) bool) {
		w := &walk{ctx: ctx, paths: paths, opts: opts, yield: yield, noticed: append(kustomize.FileNames(), chartFile), roots: map[string]bool{}, parts: map[string]bool{}}
		if !opts.NoRender {
			w.plan()
		}
		w.run()
	}
	if opts.Facts {
		return withFacts(ctx, all)
	}
	return all
}

type walk struct {
	ctx   context.Context
	paths []string
	opts  *Options
	yield func(Manifest) bool
	// noticed are the files that make a folder something to render.
	noticed []string
	roots   map[string]bool // folders with kustomizations to build
	parts   map[string]bool // absolute paths of files that these are made of
}

// chartFile makes a folder a chart.
const chartFile = "Chart.yaml"

func (w *walk) files(enter func(dir string, has []string) files.Enter) files.Options {
	return files.Options{Stdin: w.opts.Stdin, NoIgnore: w.opts.NoIgnore, Enter: enter, Notice: w.noticed, Also: w.opts.Also}
}

// plan finds the kustomizations before anything is judged: which of them are built alone depends on all of them.
func (w *walk) plan() {
	var folders []string
	for _, path := range w.paths {
		if info, err := os.Stat(path); err == nil && info.IsDir() && path != "-" {
			folders = append(folders, path)
		}
	}
	if len(folders) == 0 {
		return
	}
	var found []string
	opts := w.files(func(dir string, has []string) files.Enter {
		switch {
		case slices.Contains(has, chartFile):
			return files.Enter{Skip: true}
		case len(has) > 0:
			found = append(found, dir)
		}
		return files.Enter{}
	})
	// Only the folders are of interest here; what cannot be read is told when it is walked to be judged.
	files.Walk(w.ctx, folders, opts)(func(files.File, error) bool { return true })
	for _, root := range kustomize.Roots(found) {
		w.roots[root] = true
		for _, part := range kustomize.Parts(root) {
			if abs, err := filepath.Abs(part); err == nil {
				w.parts[abs] = true
			}
		}
	}
}

func (w *walk) run() {
	opts := w.files(func(dir string, has []string) files.Enter {
		switch {
		case w.opts.NoRender:
			return files.Enter{}
		case slices.Contains(has, chartFile):
			return files.Enter{Emit: true, Skip: true}
		default:
			return files.Enter{Emit: w.roots[dir]}
		}
	})
	for file, err := range files.Walk(w.ctx, w.paths, opts) {
		if err != nil && w.ctx.Err() != nil {
			return // the caller's context tells
		}
		more := true
		switch {
		case err != nil:
			more = w.yield(Manifest{
				Path: file.Path, Argument: file.Argument, Err: withoutPath(err),
				Warning: errors.Is(err, files.ErrOutside) || errors.Is(err, files.ErrLinkedIgnore),
			})
		case file.Folder && helm.IsChart(file.Path), file.Explicit && !w.opts.NoRender && helm.IsArchive(file.Path):
			more = w.chart(file)
		case file.Folder:
			more = w.kustomization(file)
		case !file.Explicit && (w.isPart(file.Path) || w.opts.Looked != nil && !w.opts.Looked(file.Path)):
		default:
			more = w.yield(Manifest{Path: file.Path, Argument: file.Argument, Once: file.Once(), Read: func() ([]byte, error) {
				src, err := files.Read(file, opts, nil)
				return src, withoutPath(err)
			}})
		}
		if !more {
			return
		}
	}
}

func (w *walk) isPart(path string) bool {
	if len(w.parts) == 0 {
		return false
	}
	abs, err := filepath.Abs(path)
	return err == nil && w.parts[abs]
}

func (w *walk) timeout() (context.Context, context.CancelFunc) {
	timeout := w.opts.RenderTimeout
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	return context.WithTimeout(w.ctx, timeout)
}

func (w *walk) chart(file files.File) bool {
	ctx, cancel := w.timeout()
	defer cancel()
	opts := w.opts.Helm
	opts.IncludeCRDs = true
	if root := w.paths[file.Argument]; file.Folder {
		opts.Root = root
	}
	var warnings []string
	opts.Warn = func(message string) { warnings = append(warnings, message) }
	manifests, err := helm.Render(ctx, file.Path, opts)
	for _, message := range warnings {
		if !w.yield(Manifest{Path: file.Path, Argument: file.Argument, Err: errors.New(message), Warning: true}) {
			return false
		}
	}
	if err != nil {
		m := Manifest{Path: file.Path, Argument: file.Argument, Err: fmt.Errorf("chart does not render: %w", err)}
		if e, ok := errors.AsType[*helm.Error](err); ok {
			m.Err = fmt.Errorf("chart does not render: %s", e.Message)
			m.Line, m.Column = e.Line, e.Column
			if e.File != "" {
				m.Path = e.File
			}
		}
		return w.yield(m)
	}
	if len(manifests) == 0 {
		return w.yield(Manifest{Path: file.Path, Argument: file.Argument, Err: errors.New("chart renders no manifests with these values"), Warning: true})
	}
	return w.rendered(manifests, Manifest{Argument: file.Argument, Chart: file.Path})
}

func (w *walk) kustomization(file files.File) bool {
	ctx, cancel := w.timeout()
	defer cancel()
	manifests, err := kustomize.Build(ctx, file.Path, kustomize.Options{AllowRemote: w.opts.AllowRemote})
	if err != nil {
		m := Manifest{Path: file.Path, Argument: file.Argument, Err: fmt.Errorf("kustomization does not build: %w", err)}
		if e, ok := errors.AsType[*kustomize.Error](err); ok {
			m.Err, m.Line = fmt.Errorf("kustomization does not build: %s", e.Message), e.Line
			if e.File != "" {
				m.Path = e.File
			}
		}
		return w.yield(m)
	}
	return w.rendered(manifests, Manifest{Argument: file.Argument, Kustomization: file.Path})
}

// rendered yields manifests that say where they come from as of does.
func (w *walk) rendered(manifests []render.Manifest, of Manifest) bool {
	for _, m := range manifests {
		if w.opts.Looked != nil && !w.opts.Looked(m.Path) {
			continue
		}
		of.Path, of.Origin, of.Read = m.Path, m.Origin, func() ([]byte, error) { return m.Source, nil }
		if !w.yield(of) {
			return false
		}
	}
	return true
}

// withoutPath shortens an error about a file: its place in the report names the file.
func withoutPath(err error) error {
	if e, ok := errors.AsType[*files.Error](err); ok {
		if e.Op == "read" {
			return fmt.Errorf("cannot be read: %w", e.Err)
		}
		return e.Err
	}
	return err
}
