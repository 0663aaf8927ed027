package kustomize

import (
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	sigsyaml "sigs.k8s.io/yaml"
)

const (
	maxReads = 100_000
	maxBytes = 256 << 20
)

// fileSystem is what the library reads through.
type fileSystem struct {
	filesys.FileSystem
	ctx         context.Context
	root        string // absolute, without links
	shown       string
	allowRemote bool
	keepOrigin  bool // the kustomization asks for origin annotations itself
	fault       *Error
	reads       int
	bytes       int
	files       map[string]*source // kustomization files read
	order       []*source
	// laid are files that are read in place of those on the disk, by absolute path.
	laid map[string][]byte
}

func newFileSystem(ctx context.Context, root, shown string, allowRemote bool) *fileSystem {
	return &fileSystem{
		FileSystem: filesys.MakeFsOnDisk(), ctx: ctx, root: root, shown: shown, allowRemote: allowRemote,
		files: map[string]*source{},
	}
}

// show returns an absolute path as people know it.
func (f *fileSystem) show(name string) string {
	rel, err := filepath.Rel(f.root, name)
	if err != nil {
		return filepath.ToSlash(name)
	}
	return path.Join(f.shown, filepath.ToSlash(rel))
}

// ReadFile reads a file; the kustomization files among them are looked at first.
func (f *fileSystem) ReadFile(name string) ([]byte, error) {
	if err := f.ctx.Err(); err != nil {
		return nil, err
	}
	if f.fault != nil {
		return nil, f.fault
	}
	data, ok := f.laid[name]
	if !ok {
		var err error
		if data, err = f.FileSystem.ReadFile(name); err != nil {
			return nil, err
		}
	}
	f.reads++
	if f.bytes += len(data); f.bytes > maxBytes || f.reads > maxReads {
		return nil, f.refuse(&Error{Message: fmt.Sprintf("reads more than %d bytes or %d files", maxBytes, maxReads)})
	}
	if !slices.Contains(fileNames, filepath.Base(name)) {
		if !f.allowRemote {
			if entry := remoteInPlugin(data); entry != "" {
				return nil, f.refuse(&Error{File: f.show(name), Message: "remote entry " + entry + ": " + ErrRemote.Error(), Err: ErrRemote})
			}
		}
		return data, nil
	}
	src := f.files[name]
	if src == nil {
		src = newSource(f.show(name), data)
		f.files[name] = src
		f.order = append(f.order, src)
	}
	if fault := f.inspect(src, filepath.Dir(name)); fault != nil {
		return nil, f.refuse(fault)
	}
	if filepath.Dir(name) == f.root {
		return f.askForOrigins(data)
	}
	return data, nil
}

// Exists knows the files that are laid over the disk.
func (f *fileSystem) Exists(name string) bool {
	_, ok := f.laid[name]
	return ok || f.FileSystem.Exists(name)
}

// CleanedAbs splits a path into folder and file; that of a file that is only laid over the disk has no links in it.
func (f *fileSystem) CleanedAbs(name string) (filesys.ConfirmedDir, string, error) {
	if _, ok := f.laid[name]; ok && !f.FileSystem.Exists(name) {
		return filesys.ConfirmedDir(filepath.Dir(name)), filepath.Base(name), nil
	}
	return f.FileSystem.CleanedAbs(name)
}

func (f *fileSystem) refuse(fault *Error) error {
	if f.fault == nil {
		f.fault = fault
	}
	return fault
}

// inspect looks for what is not to be done.
func (f *fileSystem) inspect(src *source, dir string) *Error {
	for _, doc := range src.docs() {
		top := content(doc)
		for _, key := range []string{"helmCharts", "helmChartInflationGenerator"} {
			if k, v := lookup(top, key); v != nil && len(v.Content) > 0 {
				return &Error{File: src.shown, Line: k.Line, Message: key + ": Helm charts in kustomizations are not rendered; scan the chart itself"}
			}
		}
		if f.allowRemote {
			continue
		}
		for _, entry := range entries(top) {
			if isRemote(entry.value, func() bool { return f.isFile(filepath.Join(dir, entry.value)) }) {
				return &Error{
					File: src.shown, Line: entry.line, Err: ErrRemote,
					Message: entry.field + ": " + entry.value + ": " + ErrRemote.Error(),
				}
			}
		}
	}
	return nil
}

func (f *fileSystem) isFile(name string) bool { return f.Exists(name) && !f.IsDir(name) }

// askForOrigins adds buildMetadata to the kustomization that is built.
func (f *fileSystem) askForOrigins(data []byte) ([]byte, error) {
	const ask = "originAnnotations"
	plain := !hasLine(data, "buildMetadata") && !hasLine(data, "...") && !hasLine(data, "{") && !hasLine(data, "\"")
	if plain {
		return append(slices.Clip(data), "\nbuildMetadata: ["+ask+"]\n"...), nil
	}
	var top map[string]any
	if err := sigsyaml.Unmarshal(data, &top); err != nil || top == nil {
		return data, nil //nolint:nilerr // the library says what is wrong with it
	}
	list, _ := top["buildMetadata"].([]any)
	if f.keepOrigin = slices.Contains(list, any(ask)); f.keepOrigin {
		return data, nil
	}
	top["buildMetadata"] = append(list, ask)
	return sigsyaml.Marshal(top)
}

var errReadOnly = errors.New("kustomizations are not allowed to write")

// Create refuses.
func (f *fileSystem) Create(name string) (filesys.File, error) {
	if f.allowRemote {
		return f.FileSystem.Create(name)
	}
	return nil, errReadOnly
}

// Mkdir refuses.
func (f *fileSystem) Mkdir(name string) error { return f.write(f.FileSystem.Mkdir, name) }

// MkdirAll refuses.
func (f *fileSystem) MkdirAll(name string) error { return f.write(f.FileSystem.MkdirAll, name) }

// RemoveAll refuses.
func (f *fileSystem) RemoveAll(name string) error { return f.write(f.FileSystem.RemoveAll, name) }

// WriteFile refuses.
func (f *fileSystem) WriteFile(string, []byte) error { return errReadOnly }

// write is for the clones of remote bases, which the library makes and removes.
func (f *fileSystem) write(do func(string) error, name string) error {
	if f.allowRemote {
		return do(name)
	}
	return errReadOnly
}

var userAt = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*@`)

// isRemote reports whether Kustomize would fetch an entry: a URL, user@host:path, or a path on GitHub without a scheme,
// unless it is a file here.
func isRemote(entry string, isFile func() bool) bool {
	s := strings.TrimPrefix(strings.ToLower(strings.TrimSpace(entry)), "git::")
	if strings.ContainsAny(s, "\n{") && !strings.HasPrefix(s, "http") {
		return false // an inline patch
	}
	for _, scheme := range []string{"http:", "https:", "ssh://", "file://"} {
		if strings.HasPrefix(s, scheme) {
			return true
		}
	}
	return (userAt.MatchString(s) || strings.HasPrefix(s, "github.com/") || strings.HasPrefix(s, "github.com:")) && !isFile()
}

// remoteInPlugin returns a remote entry of a built-in generator or transformer in a file of its own, or "".
func remoteInPlugin(data []byte) string {
	text := string(data)
	if !strings.Contains(text, "builtin") || !strings.Contains(strings.ToLower(text), "http") {
		return ""
	}
	for _, doc := range newSource("", data).docs() {
		if entry := remoteValue(doc, 0); entry != "" {
			return entry
		}
	}
	return ""
}

func remoteValue(n *yaml.Node, depth int) string {
	if depth > 50 {
		return ""
	}
	if n.Kind == yaml.ScalarNode {
		value := n.Value
		if _, after, ok := strings.Cut(value, "="); ok {
			value = after
		}
		if isRemote(value, func() bool { return true }) {
			return value
		}
	}
	for _, c := range n.Content {
		if entry := remoteValue(c, depth+1); entry != "" {
			return entry
		}
	}
	return ""
}
