package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix/values"
	"github.com/kubeharden/kubeharden/source/kustomize"
	"github.com/kubeharden/kubeharden/terminal"
)

// emitPostRenderer is the value of --emit for patches of what a chart renders.
const emitPostRenderer = "post-renderer"

// postRendered is a post-renderer with what it was proven to mend.
type postRendered struct {
	*values.PostRenderer
	mended, left int
}

// emitPatches makes and proves a post-renderer for what values do not reach in a chart.
func (f *fixFlags) emitPatches(ctx context.Context, e *emitted, opts *values.Options) error {
	post, err := values.PostRender(ctx, e.Result, opts, f.charts.releaseName)
	if err != nil {
		return err
	}
	e.post = &postRendered{PostRenderer: post}
	if post.Patched == 0 {
		return nil
	}
	dir, err := os.MkdirTemp("", "kubeharden-*")
	if err != nil {
		return fmt.Errorf("prove the patches: %w", bareCause(err))
	}
	err = f.provePatches(ctx, dir, e, opts)
	return errors.Join(err, os.RemoveAll(dir))
}

// provePatches builds what the post-renderer would, in a folder of its own, and judges it.
func (f *fixFlags) provePatches(ctx context.Context, dir string, e *emitted, opts *values.Options) error {
	for name, text := range map[string][]byte{"kustomization.yaml": e.post.Files["kustomization.yaml"], values.RenderedName: e.post.Rendered} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return fmt.Errorf("prove the patches: %w", bareCause(err))
		}
	}
	built, err := kustomize.Build(ctx, dir, kustomize.Options{})
	if err != nil {
		if located, ok := errors.AsType[*kustomize.Error](err); ok {
			return fmt.Errorf("prove the patches: kustomize refuses them: %s", located.Message)
		}
		return fmt.Errorf("prove the patches: %w", err)
	}
	after, err := opts.Judge(ctx, built, false)
	if err != nil {
		return err
	}
	left := map[string]bool{}
	subject := func(c *control.Finding) string {
		return fmt.Sprintf("%s\x00%s\x00%s", c.Control.ID, c.Ref.String(), c.Ref.Container)
	}
	for i := range after {
		if after[i].Status == control.Fail {
			left[subject(&after[i].Finding)] = true
		}
	}
	for i := range e.Left {
		switch finding := &e.Left[i]; {
		case finding.Status != control.Fail:
		case left[subject(&finding.Finding)]:
			e.post.left++
		default:
			e.post.mended++
		}
	}
	return nil
}

// placePatches writes the folder of a post-renderer.
func (f *fixFlags) placePatches(e *emitted) error {
	if f.emission.out == "" || e.post == nil || e.post.Patched == 0 {
		return nil
	}
	if err := os.MkdirAll(f.emission.out, 0o755); err != nil {
		return fmt.Errorf("write %s: %w", f.emission.out, bareCause(err))
	}
	var names []string
	for name := range e.post.Files {
		names = append(names, name)
		if _, err := os.Lstat(filepath.Join(f.emission.out, name)); err == nil && !f.emission.force {
			return fmt.Errorf("write %s: there is a file already; --force replaces it", filepath.Join(f.emission.out, name))
		}
	}
	slices.Sort(names)
	for _, name := range names {
		path := filepath.Join(f.emission.out, name)
		out, err := createOutput(path)
		if err != nil {
			return err
		}
		if filepath.Ext(name) == ".sh" {
			out.mode = 0o755
		}
		out.buf.Write(e.post.Files[name])
		if err := out.commit(); err != nil {
			return err
		}
	}
	e.written = f.emission.out
	return nil
}

// tellPatches writes the kustomization, and says what it mends.
func (f *fixFlags) tellPatches(p *Process, e *emitted) error {
	if e.post.Patched > 0 && f.emission.out == "" {
		w := bufio.NewWriter(p.Stdout)
		_, _ = w.Write(e.post.Files["kustomization.yaml"]) // Flush tells
		if err := w.Flush(); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
	}
	where := ""
	if e.written != "" {
		where = ", written to " + filepath.ToSlash(e.written)
	}
	p.say("%s", terminal.Sanitize(fmt.Sprintf("%s: values mend %s, patches of %s %d more%s; proven by building and scanning again; %d left",
		e.Chart, count(len(e.Fixed), "finding"), count(e.post.Patched, "object"), e.post.mended, where, e.post.left)))
	return nil
}
