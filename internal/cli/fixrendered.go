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

type renderer struct {
	// kustomizations are their folders, sorted.
	kustomizations []string
	chart          bool
}

// note remembers what a manifest was rendered by.
func (r *renderers) note(m *source.Manifest) {
	if m.Origin == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.add(m.Path, filepath.ToSlash(m.Kustomization))
}

// add records that a file is rendered by a kustomization, or by a chart if that is "".
func (r *renderers) add(path, kustomization string) {
	if r.of == nil {
		r.of = map[string]*renderer{}
	}
	o := r.of[path]
	if o == nil {
		o = &renderer{}
		r.of[path] = o
	}
	if kustomization == "" {
		o.chart = true
	} else if i, known := slices.BinarySearch(o.kustomizations, kustomization); !known {
		o.kustomizations = slices.Insert(o.kustomizations, i, kustomization)
	}
}

// share records that a file, such as a patch, has a part in what another one is rendered to.
func (r *renderers) share(path, with string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.of[with]
	if o == nil || path == with {
		return
	}
	for _, dir := range o.kustomizations {
		r.add(path, dir)
	}
	if o.chart {
		r.add(path, "")
	}
}

// pointToSource says of findings in what is rendered where they can be mended.
func (r *fixRun) pointToSource(ctx context.Context, m *mended, findings []control.Finding) error {
	if len(findings) == 0 {
		return nil
	}
	by := r.rendered.of[m.path]
	var raw []control.Finding
	if by != nil && !by.chart {
		var err error
		if raw, err = r.asItIs(ctx, m.path); err != nil {
			return err
		}
	}
	m.elsewhere = map[*control.Finding]string{}
	for i := range findings {
		o := fix.Outcome{Finding: &findings[i]}
		switch {
		case by == nil:
			o.Reason = fix.Reason(o.Finding, r.f.most)
		case by.chart:
			o.Reason = "it is rendered by a chart: its values or its templates decide it"
		case strings.HasSuffix(o.Finding.Path, ".image"):
			o.Reason = pinned
		default:
			command := "kubeharden fix --emit kustomize " + strings.Join(by.kustomizations, " ")
			m.elsewhere[o.Finding] = command
			o.Reason = fmt.Sprintf("it is built by a kustomization: '%s' patches it", command)
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
