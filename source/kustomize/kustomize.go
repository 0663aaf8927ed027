// Package kustomize builds kustomizations with Kustomize's own library, without plugins and, unless allowed, without a
// network, and tells for each line of the result which line of which resource, patch or kustomization file it comes
// from.
//
// The library reads through a file system of ours. It refuses remote entries the moment a kustomization file is read,
// before anything is done with them, however that file was reached; it refuses to write; it counts what is read; and it
// ends the build when the context ends. What the library does between two reads can't be interrupted.
//
// Origins: the library tells the file of each object (its origin annotations, which are asked for and removed again).
// The object is found there by kind and name, and then value by value by its path. A value that is not the base's
// is looked for in the patches, the last one first, then in the images of the kustomization files; what is found nowhere
// belongs to the line of the nearest value around it. This is exact for what people write by hand and a good guess where
// transformers make values up.
package kustomize

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/kubeharden/kubeharden/source/render"
)

// Options say how to build.
type Options struct {
	// AllowRemote lets the library fetch remote bases and resources, with its own HTTP client and the git on the PATH.
	AllowRemote bool
	// Files are read in place of what is on the disk, by path: what a build would be with them. A path is joined to the folder and may lead to
	// a file that does not exist; nil leaves what is there.
	Files map[string][]byte
}

// ErrRemote is the cause of an [*Error] about a remote entry.
var ErrRemote = errors.New("remote entries are not fetched without --allow-remote")

// Error is why a kustomization does not build.
type Error struct {
	Dir  string // as given to Build
	File string // the file to blame, as shown to people; "" if not known
	Line int    // 0 if not known
	// Message is Kustomize's reason or ours.
	Message string
	Err     error
}

func (e *Error) Error() string {
	where := ""
	if e.File != "" {
		where = e.File + ": "
		if e.Line > 0 {
			where = fmt.Sprintf("%s:%d: ", e.File, e.Line)
		}
	}
	return "build kustomization " + e.Dir + ": " + where + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// fileNames are the names of kustomization files.
var fileNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// IsKustomization reports whether the folder has a kustomization file.
func IsKustomization(dir string) bool { return kustomizationFile(dir) != "" }

// FileNames returns the names that a kustomization file can have.
func FileNames() []string { return slices.Clone(fileNames) }

// File returns the path of the folder's kustomization file, "" if there is none.
func File(dir string) string { return kustomizationFile(dir) }

// kustomizationFile returns the path of the folder's kustomization file, or "".
func kustomizationFile(dir string) string {
	for _, name := range fileNames {
		name = filepath.Join(dir, name)
		if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
			return name
		}
	}
	return ""
}

// building keeps builds apart: the library holds the OpenAPI schema in a global variable.
var building sync.Mutex

// Build builds the kustomization in a folder. There is one manifest per object, in Kustomize's order. An error is an
// [*Error] or that of ctx.
func Build(ctx context.Context, dir string, opts Options) ([]render.Manifest, error) {
	building.Lock()
	defer building.Unlock()
	shown := path.Clean(filepath.ToSlash(dir))
	root, err := filepath.Abs(dir)
	if err == nil {
		root, err = filepath.EvalSymlinks(root)
	}
	if err != nil {
		return nil, &Error{Dir: shown, Message: bare(err).Error(), Err: err}
	}
	fsys := newFileSystem(ctx, root, shown, opts.AllowRemote)
	fsys.laid = map[string][]byte{}
	for name, data := range opts.Files {
		fsys.laid[filepath.Join(root, filepath.FromSlash(name))] = data
	}
	result, err := run(fsys, root)
	switch {
	case context.Cause(ctx) != nil:
		return nil, fmt.Errorf("build kustomization %s: %w", shown, context.Cause(ctx))
	case fsys.fault != nil:
		fsys.fault.Dir = shown
		return nil, fsys.fault
	case err != nil:
		return nil, &Error{Dir: shown, Message: fsys.display(err.Error()), Err: err}
	}
	tr := &tracer{fsys: fsys, root: root}
	var manifests []render.Manifest
	for _, r := range result.Resources() {
		m, err := tr.manifest(r)
		if err != nil {
			return nil, &Error{Dir: shown, Message: err.Error(), Err: err}
		}
		manifests = append(manifests, m)
	}
	return manifests, nil
}

func run(fsys filesys.FileSystem, root string) (m resmap.ResMap, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("kustomize panicked: %v", r)
		}
	}()
	return krusty.MakeKustomizer(&krusty.Options{
		Reorder:          krusty.ReorderOptionUnspecified,
		LoadRestrictions: types.LoadRestrictionsRootOnly,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(fsys, root)
}

// manifest takes the origin from an object and traces its lines.
func (tr *tracer) manifest(r *resource.Resource) (render.Manifest, error) {
	origin, err := r.GetOrigin()
	if err != nil {
		return render.Manifest{}, err
	}
	if !tr.fsys.keepOrigin {
		if err := r.SetOrigin(nil); err != nil {
			return render.Manifest{}, err
		}
	}
	text, err := r.RNode.String()
	if err != nil {
		return render.Manifest{}, err
	}
	m := render.Manifest{Path: tr.fsys.shown, Source: []byte(text)}
	file := ""
	generated := false
	switch {
	case origin == nil || origin.Repo != "":
	case origin.Path != "":
		file = origin.Path
	case origin.ConfiguredIn != "":
		file, generated = origin.ConfiguredIn, true
	}
	if origin != nil && origin.Repo != "" {
		m.Path = origin.Repo + "/" + origin.Path
	} else if file != "" {
		m.Path = path.Join(tr.fsys.shown, filepath.ToSlash(file))
		file = filepath.Join(tr.root, file)
	}
	var once sync.Once
	var lines []place
	source := slices.Clone(m.Source)
	kind, name := r.GetKind(), r.GetName()
	m.Origin = func(line int) (string, int, string, bool) {
		once.Do(func() { lines = tr.trace(source, kind, name, file, generated) })
		if line < 1 || line > len(lines) || lines[line-1].src == nil {
			return "", 0, "", false
		}
		at := lines[line-1]
		return at.src.shown, at.line, at.src.line(at.line), true
	}
	return m, nil
}

func bare(err error) error {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// display makes the library's absolute paths those that people know.
func (f *fileSystem) display(message string) string {
	message = strings.ReplaceAll(message, f.root+string(filepath.Separator), f.shown+"/")
	message = strings.ReplaceAll(message, f.root, f.shown)
	for up, shown := filepath.Dir(f.root), path.Join(f.shown, ".."); len(up) > 1; up, shown = filepath.Dir(up), path.Join(shown, "..") {
		message = strings.ReplaceAll(message, up+string(filepath.Separator), shown+"/")
	}
	return message
}

func hasLine(src []byte, prefix string) bool {
	return bytes.HasPrefix(src, []byte(prefix)) || bytes.Contains(src, []byte("\n"+prefix))
}
