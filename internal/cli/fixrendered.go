package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/source"
)

// renderers are what renders the objects that files are the origin of, by the path of the file.
type renderers struct {
	mu sync.Mutex
	of map[string]*renderer
}

// renderer are folders of kustomizations and charts, sorted.
type renderer struct{ kustomizations, charts []string }

// note remembers what a manifest was rendered by.
func (r *renderers) note(m *source.Manifest) {
	if m.Origin == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.at(m.Path)
	o.kustomizations = addSorted(o.kustomizations, filepath.ToSlash(m.Kustomization))
	o.charts = addSorted(o.charts, filepath.ToSlash(m.Chart))
}

func (r *renderers) at(path string) *renderer {
	if r.of == nil {
		r.of = map[string]*renderer{}
	}
	if r.of[path] == nil {
		r.of[path] = &renderer{}
	}
	return r.of[path]
}

// addSorted adds a path that is not there yet; "" is none.
func addSorted(paths []string, path string) []string {
	if i, known := slices.BinarySearch(paths, path); !known && path != "" {
		return slices.Insert(paths, i, path)
	}
	return paths
}

// share records that a file, such as a patch, has a part in what another one is rendered to.
func (r *renderers) share(path, with string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.of[with]
	if o == nil || path == with {
		return
	}
	other := r.at(path)
	for _, dir := range o.kustomizations {
		other.kustomizations = addSorted(other.kustomizations, dir)
	}
	for _, chart := range o.charts {
		other.charts = addSorted(other.charts, chart)
	}
}

// emitter is a run of fix that may mend what this one cannot.
type emitter struct{ emit, paths string }

func (e emitter) command() string { return "kubeharden fix --emit " + e.emit + " " + e.paths }

// told says for people what a run would do about findings.
func (e emitter) told(findings int) string {
	if e.emit == emitValues {
		return fmt.Sprintf("%s %s from what a chart renders: '%s' looks for values that mend %s",
			count(findings, "finding"), plural(findings, "comes", "come"), e.command(), plural(findings, "it", "them"))
	}
	return fmt.Sprintf("%s %s from what a kustomization builds: '%s' can patch %s",
		count(findings, "finding"), plural(findings, "comes", "come"), e.command(), plural(findings, "it", "them"))
}

// pointToSource says of findings in what is rendered where they can be mended.
func (r *fixRun) pointToSource(ctx context.Context, m *mended, findings []control.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	by := r.rendered.of[m.path]
	var raw []control.Finding
	if by != nil && len(by.charts) == 0 {
		var err error
		if raw, err = r.asItIs(ctx, m.path); err != nil {
			return err
		}
	}
	m.elsewhere = map[*control.Finding]emitter{}
	for i := range findings {
		o := fix.Outcome{Finding: &findings[i]}
		switch {
		case by == nil:
			o.Reason = fix.Reason(o.Finding, r.f.most)
		case len(by.charts) > 0:
			values := emitter{emitValues, strings.Join(by.charts, " ")}
			m.elsewhere[o.Finding] = values
			o.Reason = fmt.Sprintf("it is rendered by a chart: '%s' looks for values that mend it", values.command())
		case strings.HasSuffix(o.Finding.Path, ".image"):
			o.Reason = pinned
		default:
			patches := emitter{emitKustomize, strings.Join(by.kustomizations, " ")}
			m.elsewhere[o.Finding] = patches
			o.Reason = fmt.Sprintf("it is built by a kustomization: '%s' patches it", patches.command())
			if slices.ContainsFunc(raw, func(f control.Finding) bool { return sameMistake(o.Finding, &f) }) {
				o.Reason += ", --no-render mends " + m.path + " itself"
			}
		}
		m.outcomes = append(m.outcomes, o)
	}
	return nil
}

// fixableElsewhere reports whether a finding would have a fix if it stood in a file as it is.
func fixableElsewhere(f *control.Finding) bool {
	return f.Place.Rendered && f.Status == control.Fail && f.Fix == nil && f.Control.Fix == control.Auto
}

// sameMistake reports whether a finding in a file as it is, which can be fixed there, is the one that was made of it when it was built: nothing
// on the way has changed the place. Names and namespaces are what kustomizations change most.
func sameMistake(built, raw *control.Finding) bool {
	return raw.Fix != nil && raw.Control == built.Control && raw.Ref.Kind == built.Ref.Kind && raw.Ref.Container == built.Ref.Container &&
		raw.StablePath == built.StablePath && raw.Value == built.Value && raw.Place.Line == built.Place.Line && strings.Contains(built.Ref.Name, raw.Ref.Name)
}

// asItIs judges a file of a kustomization as if it was none of it. What cannot be read has no findings: it is told where it is built.
func (r *fixRun) asItIs(ctx context.Context, path string) ([]control.Finding, error) {
	src, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		return nil, nil //nolint:nilerr // the file may be remote
	}
	return r.again(ctx, fileInput(path, src), false)
}
