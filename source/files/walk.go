package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Walk yields the files below the paths, and errors at the place where they arose, with the path in File.Path; the
// walk goes on after an error. When ctx is done the walk ends with its error. Nothing is read before it is asked for.
func Walk(ctx context.Context, paths []string, opts Options) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		w := &walker{ctx: ctx, opts: opts, yield: yield, inside: map[string]*arg{}, followed: map[string]bool{}}
		args := w.prepare(paths)
		for i := range args {
			w.argument = i
			if !w.arg(&args[i]) {
				return
			}
		}
	}
}

// An arg is one path of the command line.
type arg struct {
	file  File
	real  string // absolute, slash separated, without links
	isDir bool
	skip  bool // the same as an earlier one
	rules rules
	errs  []error
}

type walker struct {
	ctx   context.Context
	opts  Options
	yield func(File, error) bool
	// argument is the index of the argument that is being walked.
	argument int
	inside   map[string]*arg // arguments by real path: their walk is their own
	// Links followed, by real path. This alone grows with the tree, by the odd link that leads to what is left out.
	followed map[string]bool
}

// prepare looks at all arguments, for the walk of one leaves out what another names.
func (w *walker) prepare(paths []string) []arg {
	args := make([]arg, len(paths))
	stdin := false
	told := map[string]bool{} // arguments have folders above in common
	for i, path := range paths {
		a := &args[i]
		switch path {
		case "-":
			a.file = File{Path: StdinPath, Explicit: true, stdin: true}
			a.skip, stdin = stdin, true
			continue
		case "": // Clean would make it ".", as with an unset "$DIR"
			a.errs = []error{newError("read", `""`, fs.ErrNotExist)}
			continue
		}
		a.file = File{Path: filepath.ToSlash(filepath.Clean(path)), Explicit: true}
		info, err := os.Stat(path)
		if err == nil {
			a.isDir = info.IsDir()
			a.real, err = realPath(path)
			if !a.isDir && err != nil { // as of a pipe in /dev/fd
				a.real, err = filepath.Abs(path)
				a.real = filepath.ToSlash(a.real)
			}
		}
		if err != nil {
			a.errs = []error{newError("read", a.file.Path, err)}
			continue
		}
		if w.inside[a.real] != nil {
			a.skip = true
			continue
		}
		w.inside[a.real] = a
		if a.isDir && !w.opts.NoIgnore {
			a.rules = rulesAbove(a.real, func(err error) {
				if !told[err.Error()] {
					told[err.Error()] = true
					a.errs = append(a.errs, err)
				}
			})
		}
	}
	return args
}

// arg walks one argument. It and the methods below return false when the walk is over.
func (w *walker) arg(a *arg) bool {
	for _, err := range a.errs {
		if !w.fail(err) {
			return false
		}
	}
	switch {
	case a.skip, a.real == "" && !a.file.stdin:
		return true
	case a.isDir:
		return w.dir(dir{shown: a.file.Path, real: a.real, rules: a.rules})
	}
	return w.emit(a.file.Path, a.file)
}

func (w *walker) emit(path string, f File) bool {
	if err := w.ctx.Err(); err != nil {
		w.yield(File{Argument: w.argument}, err)
		return false
	}
	f.Path, f.Argument = path, w.argument
	return w.yield(f, nil)
}

func (w *walker) fail(err error) bool {
	if ctxErr := w.ctx.Err(); ctxErr != nil {
		w.yield(File{Argument: w.argument}, ctxErr)
		return false
	}
	var e *Error
	if !errors.As(err, &e) {
		return w.yield(File{Argument: w.argument}, err)
	}
	return w.yield(File{Path: e.Path, Argument: w.argument}, err)
}

// A dir is a folder about to be walked. Its rules do not yet hold its own ignore files.
type dir struct {
	shown, real string
	rules       rules
	linked      bool // reached through a link
}

func (w *walker) dir(d dir) bool {
	if err := w.ctx.Err(); err != nil {
		return w.fail(err)
	}
	entries, has, err := list(d.shown, w.opts.Notice, w.opts.Also)
	if err != nil && !w.fail(newError("read", d.shown, err)) {
		return false
	}
	if w.opts.Enter != nil {
		enter := w.opts.Enter(d.shown, has.noticed)
		if enter.Emit && !w.emit(d.shown, File{Folder: true}) {
			return false
		}
		if enter.Skip {
			return true
		}
	}
	if !w.opts.NoIgnore {
		more := true
		d.rules.load(d.shown, has, func(err error) { more = more && w.fail(err) })
		if !more {
			return false
		}
	}
	for _, e := range entries {
		if d.rules.ignored(e.name, e.kind == folder) {
			continue
		}
		shown := join(d.shown, e.name)
		more := true
		switch e.kind {
		case link:
			more = w.link(d, shown, e.name)
		case other:
			more = w.fail(newError("read", shown, ErrNotRegular))
		case file:
			if !w.elsewhere(d, e.name) {
				more = w.emit(shown, File{})
			}
		case folder:
			if !w.elsewhere(d, e.name) {
				more = w.dir(dir{shown, join(d.real, e.name), d.rules.enter(e.name), d.linked})
			}
		}
		if !more {
			return false
		}
	}
	return true
}

// elsewhere tells whether the entry has its own place in the walk: as an argument, or by a link followed earlier.
func (w *walker) elsewhere(d dir, name string) bool {
	if len(w.inside) < 2 && !d.linked {
		return false // the usual case, without putting the path together
	}
	target := join(d.real, name)
	return w.inside[target] != nil || d.linked && w.followed[target]
}

// link deals with a symbolic link, as the package comment says.
func (w *walker) link(d dir, shown, name string) bool {
	manifest := isManifest(name)
	info, err := os.Stat(shown)
	if err == nil && !info.IsDir() && !manifest {
		return true
	}
	var target string
	if err == nil {
		target, err = realPath(shown)
	}
	switch {
	case err != nil && !manifest && !errors.Is(err, fs.ErrPermission): // leads nowhere, and no manifest was promised
		return true
	case err != nil:
		return w.fail(newError("follow", shown, err))
	}
	around := w.around(target)
	switch {
	case around == nil:
		return w.fail(newError("follow", shown, ErrOutside))
	case w.reaches(around, target, info.IsDir()) || w.wasFollowed(around, target):
		return true
	case !info.IsDir() && !info.Mode().IsRegular():
		return w.fail(newError("follow", shown, ErrNotRegular))
	}
	w.followed[target] = true
	if info.IsDir() {
		return w.dir(dir{shown, target, d.rules.enter(name), true})
	}
	return w.emit(shown, File{})
}

// around gives the innermost argument that is or holds the real path.
func (w *walker) around(target string) *arg {
	for path := target; ; path = filepath.ToSlash(filepath.Dir(path)) {
		if a := w.inside[path]; a != nil {
			return a
		}
		if path == filepath.ToSlash(filepath.Dir(path)) {
			return nil
		}
	}
}

func (w *walker) wasFollowed(a *arg, target string) bool {
	for path := target; len(path) >= len(a.real); path = filepath.ToSlash(filepath.Dir(path)) {
		if w.followed[path] {
			return true
		}
		if path == a.real {
			break
		}
	}
	return false
}

// reaches tells whether the walk of a comes to the target path, which is inside it, without following links. It goes
// down as dir does, by the same rules. Errors were or will be told by dir.
func (w *walker) reaches(a *arg, target string, isDir bool) bool {
	below := strings.Trim(target[len(a.real):], "/")
	if below == "" {
		return true
	}
	r, at := a.rules, a.real
	names := strings.Split(below, "/")
	for i, name := range names {
		last := i == len(names)-1
		if !w.opts.NoIgnore {
			has := special{dotGit: exists(join(at, ".git")), gitIgnore: true, ownIgnore: true}
			r.load(at, has, func(error) {})
		}
		switch {
		case name == ".git",
			strings.HasPrefix(name, "..") && isLink(join(at, volumeLink)),
			last && !isDir && !isManifest(name),
			r.ignored(name, !last || isDir):
			return false
		}
		r, at = r.enter(name), join(at, name)
	}
	return true
}

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

// realPath gives the absolute path without links, slash separated.
func realPath(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	return filepath.ToSlash(path), err
}

// volumeLink is what the kubelet's atomic writer calls the link to the current version of a volume.
const volumeLink = "..data"

type kind int8

const (
	file kind = iota
	folder
	link
	other // pipe, socket, device
)

// An entry is what is kept of a folder's listing: little, since a folder may hold hundreds of thousands.
type entry struct {
	name string
	kind kind
}

// list gives the entries that may matter, by name. With an error it gives what it got until then.
func list(path string, notice []string, also func(string) bool) (entries []entry, has special, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, has, err
	}
	defer f.Close()
	volume := false
	for err == nil {
		var batch []fs.DirEntry
		batch, err = f.ReadDir(1024)
		for _, e := range batch {
			name := e.Name()
			k := other
			switch t := e.Type(); {
			case t.IsDir():
				k = folder
			case t&fs.ModeSymlink != 0:
				k = link
			case t.IsRegular():
				k = file
			}
			if k != folder && slices.Contains(notice, name) {
				has.noticed = append(has.noticed, name)
			}
			switch name {
			case ".git":
				has.dotGit = true
				continue
			case gitIgnore:
				has.gitIgnore = true
			case ownIgnore:
				has.ownIgnore = true
			case volumeLink:
				volume = volume || k == link
			}
			if k == folder || k == link || isManifest(name) || k == file && also != nil && also(join(path, name)) {
				entries = append(entries, entry{name, k})
			}
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if volume {
		entries = slices.DeleteFunc(entries, func(e entry) bool { return strings.HasPrefix(e.name, "..") })
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	return entries, has, err
}

func isManifest(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return false
	}
	switch ext := name[dot+1:]; len(ext) {
	case 3:
		return strings.EqualFold(ext, "yml")
	case 4:
		return strings.EqualFold(ext, "yaml") || strings.EqualFold(ext, "json")
	}
	return false
}
