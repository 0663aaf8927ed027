package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix/patch"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/source/kustomize"
	"github.com/kubeharden/kubeharden/source/render"
	"github.com/kubeharden/kubeharden/terminal"
)

// emitKustomize is the value of --emit for patches.
const emitKustomize = "kustomize"

// overlay is a kustomization that is patched.
type overlay struct {
	dir string
	// name is that of its kustomization file, file what is in it.
	name string
	file []byte
	root *os.Root
	// entries are the patches that the file names; ours are the files among them that were written here before, by path.
	entries []patch.Entry
	ours    map[string][]byte
	objects []*built
}

// built is an object of a kustomization.
type built struct {
	manifest render.Manifest
	// patched is what the object is called when patches are applied.
	patched patch.Object
	// base is the object without our patches, now with those that are there, wanted with all of its fixes.
	base, now, wanted any
	// number is its place in what is built, found what is wrong with it.
	number int
	found  []control.Finding
	mended *mended
	// ways are the patches that say it, the best first; those that have failed are taken away.
	ways   [][]byte
	entry  patch.Entry
	before []byte // what the patch file has been, nil if there is none
}

// emitKustomize patches what the kustomizations in the folders build.
func (r *fixRun) emitKustomize(ctx context.Context, dirs []string) error {
	seen := map[string]bool{}
	for _, dir := range dirs {
		if abs, err := filepath.Abs(dir); err == nil {
			if seen[abs] {
				continue
			}
			seen[abs] = true
		}
		o, err := openOverlay(dir)
		if err == nil {
			r.overlays = append(r.overlays, o)
			err = r.patch(ctx, o)
		}
		if err == nil {
			continue
		}
		if ctx.Err() != nil {
			return err
		}
		r.p.say("error: %s", terminal.Sanitize(err.Error()))
		r.broken = true
	}
	return nil
}

// close lets go of the folders.
func (r *fixRun) close() {
	for _, o := range r.overlays {
		_ = o.root.Close()
	}
}

// maxPatch is the largest patch file that is read.
const maxPatch = 4 << 20

func openOverlay(dir string) (*overlay, error) {
	file := kustomize.File(dir)
	if file == "" {
		return nil, fmt.Errorf("%s is no folder with a kustomization: --emit kustomize patches overlays", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", dir, bareCause(err))
	}
	o := &overlay{dir: dir, name: filepath.Base(file), root: root, ours: map[string][]byte{}}
	if err := o.load(); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return o, nil
}

func (o *overlay) load() error {
	var err error
	if o.file, err = o.read(o.name); err != nil {
		return fmt.Errorf("read %s: %w", o.shown(o.name), err)
	}
	if o.entries, err = patch.Entries(o.file); err != nil {
		return fmt.Errorf("%s: %w", o.shown(o.name), err)
	}
	for i := range o.entries {
		name := o.entries[i].Path
		if file, err := o.read(name); err == nil && patch.IsOurs(file) {
			o.ours[name] = file
		}
	}
	return nil
}

var errNotRegular = errors.New("it is no regular file of the folder")

// read reads a file of the folder that is no link.
func (o *overlay) read(name string) ([]byte, error) {
	info, err := o.root.Lstat(filepath.FromSlash(name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, bareCause(err)
	case !info.Mode().IsRegular() || info.Size() > maxPatch:
		return nil, errNotRegular
	}
	file, err := o.root.ReadFile(filepath.FromSlash(name))
	return file, bareCause(err)
}

// shown is the path of a file of the folder for people.
func (o *overlay) shown(name string) string { return path.Join(filepath.ToSlash(o.dir), name) }

// buildTimeout bounds one build.
const buildTimeout = 30 * time.Second

func (r *fixRun) build(ctx context.Context, o *overlay, files map[string][]byte) ([]render.Manifest, error) {
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	return kustomize.Build(ctx, o.dir, kustomize.Options{AllowRemote: r.f.allowRemote, Files: files})
}

// patch finds what a kustomization builds wrong, and the patches that mend it and can be proven.
func (r *fixRun) patch(ctx context.Context, o *overlay) error {
	if err := r.render(ctx, o); err != nil {
		return err
	}
	found, err := r.judge(ctx, o.inputs(nil), &r.s.engine, true)
	if err != nil {
		return err
	}
	var changed []*built
	for i, b := range o.objects {
		b.found = found[i]
		if err := r.mendBuilt(ctx, b, nil); err != nil {
			return err
		}
		if b.mended.changed() && o.plan(b) {
			changed = append(changed, b)
		}
	}
	proven, err := r.prove(ctx, o, changed)
	if err != nil {
		return err
	}
	return r.collect(o, proven)
}

// render builds the kustomization: as it is, without our patches, and without what it does to names after patching.
func (r *fixRun) render(ctx context.Context, o *overlay) error {
	now, err := r.build(ctx, o, nil)
	if err != nil {
		return err
	}
	base := now
	if len(o.ours) > 0 {
		var paths []string
		for i := range o.entries {
			if _, ok := o.ours[o.entries[i].Path]; ok {
				paths = append(paths, o.entries[i].Path)
			}
		}
		file, err := patch.Without(o.file, paths)
		if err != nil {
			return err
		}
		if base, err = r.build(ctx, o, map[string][]byte{o.name: file}); err != nil {
			return err
		}
	}
	bare, err := patch.Bare(o.file)
	if err != nil {
		return err
	}
	named := now
	if !bytes.Equal(bare, o.file) {
		if named, err = r.build(ctx, o, map[string][]byte{o.name: bare}); err != nil {
			return err
		}
	}
	if len(base) != len(now) || len(named) != len(now) {
		return fmt.Errorf("%s: it builds other objects without its patches or prefixes, so they cannot be told apart", o.shown(o.name))
	}
	for i := range now {
		b := &built{manifest: now[i], number: i}
		o.objects = append(o.objects, b)
		if b.now, err = patch.Value(now[i].Source); err != nil {
			return err
		}
		if b.base, err = patch.Value(base[i].Source); err != nil {
			return err
		}
		v, err := patch.Value(named[i].Source)
		if err != nil {
			return err
		}
		b.patched = patch.Identify(v)
		if id := patch.Identify(b.now); id.Kind != b.patched.Kind || id.Kind != patch.Identify(b.base).Kind {
			return fmt.Errorf("%s: it builds its objects in another order without its patches or prefixes, so they cannot be told apart", o.shown(o.name))
		}
	}
	return nil
}

// input is an object for the engine.
func (b *built) input(text []byte) engine.Input {
	return engine.Input{Path: b.manifest.Path, Argument: b.number, Origin: b.manifest.Origin, Read: func() ([]byte, error) { return text, nil }}
}

// inputs are the objects of a build, those of now if it is nil.
func (o *overlay) inputs(now []render.Manifest) []engine.Input {
	inputs := make([]engine.Input, len(o.objects))
	for i, b := range o.objects {
		inputs[i] = b.input(b.manifest.Source)
		if now != nil {
			inputs[i] = b.input(now[i].Source)
		}
	}
	return inputs
}

// judge finds what is wrong with objects, by their numbers.
func (r *fixRun) judge(ctx context.Context, inputs []engine.Input, opts *engine.Options, tell bool) ([][]control.Finding, error) {
	found := make([][]control.Finding, len(inputs))
	_, err := engine.Scan(ctx, slices.Values(inputs), opts, func(file *report.File) error {
		if tell {
			diagnose(r.p, file)
			r.broken = r.broken || slices.ContainsFunc(file.Problems, func(p report.Problem) bool { return !p.Warning })
		}
		found[file.Argument] = append(found[file.Argument], file.Findings...)
		return nil
	})
	return found, err
}

// plan decides where the patch of an object goes and how it can be said; ok is false if it cannot, and the outcomes say why.
func (o *overlay) plan(b *built) (ok bool) {
	var err error
	b.ways, b.entry, b.before = nil, patch.Entry{}, nil
	if b.wanted, err = patch.Value(b.mended.after); err != nil {
		b.reject(err.Error())
		return false
	}
	target := b.patched
	for _, other := range o.objects {
		p := &other.patched
		if other != b && p.Group == target.Group && p.Kind == target.Kind && p.Name == target.Name && b.patched.Namespace == "" {
			target.Namespace = "default" // what Kustomize takes for none: resid.EffectiveNamespace
		}
	}
	b.entry.Target = patch.TargetOf(&target)
	for i := range o.entries {
		if file, ok := o.ours[o.entries[i].Path]; ok && o.entries[i].Target == b.entry.Target {
			b.entry.Path, b.before = o.entries[i].Path, file
		}
	}
	if b.entry.Path == "" {
		if err := o.choose(b); err != nil {
			b.reject(err.Error())
			return false
		}
	}
	if doc, ok := patch.Strategic(&b.patched, b.base, b.wanted); ok {
		b.ways = append(b.ways, doc)
	}
	if doc := patch.JSON6902(b.base, b.wanted); doc != nil {
		b.ways = append(b.ways, doc)
	}
	if len(b.ways) == 0 {
		b.reject("there is no patch that says it")
		return false
	}
	return true
}

// maxSameName bounds how many objects may want the same name for their patch.
const maxSameName = 100

// choose finds a name for the patch file that neither a file of somebody else nor another object has.
func (o *overlay) choose(b *built) error {
	for number := 1; number <= maxSameName; number++ {
		name := patch.FileName(&b.patched, number)
		if slices.ContainsFunc(o.objects, func(other *built) bool { return other.entry.Path == name }) || o.ours[name] != nil {
			continue
		}
		file, err := o.read(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, errNotRegular), err == nil && !patch.IsOurs(file):
			continue
		case err != nil:
			return fmt.Errorf("%s cannot be used: %w", o.shown(name), err)
		}
		b.entry.Path, b.before = name, file
		return nil
	}
	return fmt.Errorf("there is no free name for %s", o.shown(patch.FileName(&b.patched, 1)))
}

// reject tells that the fixes of an object were not made.
func (b *built) reject(reason string) {
	for i := range b.mended.outcomes {
		if o := &b.mended.outcomes[i]; o.Reason == "" {
			o.Reason = reason
		}
	}
	b.ways, b.entry = nil, patch.Entry{}
}

// collect adds the files of a kustomization to those of the run.
func (r *fixRun) collect(o *overlay, proven []*built) error {
	var entries []patch.Entry
	for _, b := range proven {
		m := b.mended
		m.path, m.folder, m.inside = o.shown(b.entry.Path), o.root, b.entry.Path
		m.before, m.after, m.created = b.before, b.ways[0], b.before == nil
		m.diff = m.unified()
		r.patched = append(r.patched, m)
		entries = append(entries, b.entry)
	}
	file, err := patch.Register(o.file, entries)
	if err != nil {
		return err
	}
	m := &mended{path: o.shown(o.name), before: o.file, after: file, folder: o.root, inside: o.name}
	m.diff = m.unified()
	r.patched = append(r.patched, m)
	for _, b := range o.objects {
		if !slices.Contains(proven, b) {
			b.mended.before, b.mended.after = nil, nil
			r.patched = append(r.patched, b.mended)
		}
	}
	return nil
}
