// Package files turns the paths of a command line into a stream of manifest files: which files, in which order,
// under which name, and their bytes. It knows nothing of YAML or Kubernetes.
//
// What is promised:
//
//   - The order is fixed: arguments as given, folders depth first, names in bytewise order. The walk is lazy; at any
//     moment it holds the listings of the folders on the way to the current file and nothing more, so a tree may have
//     any number of files.
//   - Below folders, files ending in .yaml, .yml or .json (any case) are yielded. A file named on the command line is
//     yielded whatever its name, also if it is ignored; "-" is standard input.
//   - Each real file comes once. A folder or file that is an argument itself is left out of the walk of any argument
//     around it and comes in its own turn, so the same arguments yield the same files in whatever order they are given.
//     Hard links are separate files.
//   - Hidden folders are walked like any other (as kubectl and kube-linter do), except .git: people keep manifests in
//     folders with a dot, and a scanner that passes over them is easily deceived.
//   - In a Kubernetes volume (a folder with a "..data" link) entries that begin with ".." are the kubelet's
//     machinery and left out; what they hold is reached, once, by its plain name.
//   - Symbolic links below an argument are never a second way to a file that the walk reaches anyway, which also rules
//     out loops. Only a link into a place inside the arguments that the walk itself leaves out (ignored, in .git, in a
//     volume's machinery, without a manifest's extension) is followed. A link that leads outside of all arguments is
//     not followed, so that a hostile repository cannot make us read /etc; it is told as [ErrOutside]. An argument that
//     is itself a link is followed.
//   - Nothing is passed over in silence but what the rules above leave out: what cannot be read is an [*Error] at its
//     place in the order, and the walk goes on.
//
// Ignore files: .gitignore, .git/info/exclude and .kubehardenignore (same syntax), in the folders walked and in those
// above the argument up to the repository's root, the folder with .git. Without a repository they count from the
// argument downwards. As in git, a nested repository starts afresh, for git's files only. Where .kubehardenignore has a
// word, also a negated pattern, git's files are not asked: "!rendered/" brings back what git does not track. A folder
// named on the command line is walked even if ignored; the rules that exclude it, and all others of that kind above
// it, then do not count. A user's global excludes are not read: the result must not depend on who runs the scan.
// Names are matched with regard to case on every system.
//
// The matcher is our own (pattern.go). The libraries within reach were compared with git check-ignore on 31 patterns:
// go-git v5.19 was wrong for 8 (classes like [!a] and [[:alpha:]], ? on bytes, the byte order mark, files below an
// ignored folder), sabhiram/go-gitignore, untouched since 2021, for 7 (escaped spaces, anchoring). Ours is compared
// with git on random trees in the tests and differs in one known point: git before 2.53 lets "**" be a path wildcard in
// the middle of a name ("a/b**/c" also matches "a/bc"), against its own manual; we follow the manual.
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
)

// DefaultMaxFileSize is the most bytes Read takes from one file unless told otherwise.
const DefaultMaxFileSize = 64 << 20

// StdinPath is what standard input is called in messages.
const StdinPath = "<stdin>"

var (
	// ErrOutside tells of a link that leads outside of all arguments. It is a warning: the walk left it out on purpose.
	ErrOutside = errors.New("link leads outside of the folders to scan, not followed")
	// ErrLinkedIgnore tells of an ignore file that is a symbolic link. Git does not read those either. It is a warning.
	ErrLinkedIgnore = errors.New("ignore file is a symbolic link, not used")
	// ErrNotRegular tells of a pipe, socket or device below a folder. One named on the command line is read.
	ErrNotRegular = errors.New("not a regular file")
	// ErrTooLarge tells of a file above the size limit.
	ErrTooLarge = errors.New("file is too large")
)

// Error says what could not be done with which path. Err is the bare cause: errors.Is works with fs.ErrNotExist,
// fs.ErrPermission and the errors of this package.
type Error struct {
	Op   string // "read" or "follow"
	Path string // as File.Path
	Err  error
}

func (e *Error) Error() string { return e.Op + " " + e.Path + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// newError strips the os package's own "open x:", which would say the path twice.
func newError(op, path string, err error) *Error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		err = pathErr.Err
	}
	return &Error{Op: op, Path: path, Err: err}
}

// File is one candidate to read.
type File struct {
	Path     string // slash separated, as the user named it: "deploy/app.yaml", absolute if the argument was, or StdinPath
	Explicit bool   // named on the command line itself
	Argument int    // index of the argument that led to it
	Folder   bool   // a folder that Options.Enter wanted to have
	stdin    bool   // not told by Path: a file may be called <stdin>
}

// Once reports whether the file can be read a single time only: standard input, or a pipe that was named on the command line.
func (f File) Once() bool {
	if f.stdin || !f.Explicit {
		return f.stdin
	}
	info, err := os.Stat(f.Path)
	return err == nil && !info.Mode().IsRegular()
}

// Options sets how to walk and read. The zero value is the normal way, without standard input.
type Options struct {
	Stdin       io.Reader // read for "-"
	MaxFileSize int64     // most bytes of one file; 0 means DefaultMaxFileSize
	NoIgnore    bool      // pay no attention to ignore files

	// Also says that a file below a folder is to be yielded though it is not named like a manifest; nil adds none.
	Also func(path string) bool

	// Enter is asked for each folder before it is walked, with those of the names in Notice that it has as files, links included.
	// It may be nil.
	Enter  func(dir string, noticed []string) Enter
	Notice []string
}

// Enter says what to do with a folder.
type Enter struct {
	Emit bool // yield the folder itself
	Skip bool // do not walk it
}

// Read returns the file's bytes, in buf if its capacity is enough, so that one buffer serves many files. A file is
// read to its end but never beyond the size limit, even if it grows meanwhile or has no end. What is not a regular
// file is read only if it was named on the command line, as with <(helm template …). A pipe may block.
func Read(f File, opts Options, buf []byte) ([]byte, error) {
	limit := opts.MaxFileSize
	if limit <= 0 {
		limit = DefaultMaxFileSize
	}
	var (
		data []byte
		err  error
	)
	if f.stdin {
		if opts.Stdin == nil {
			return nil, newError("read", f.Path, errors.New("no standard input"))
		}
		data, err = readAll(opts.Stdin, 0, limit, buf)
	} else {
		data, err = readFile(f.Path, f.Explicit, limit, buf)
	}
	if err != nil {
		return nil, newError("read", f.Path, err)
	}
	return data, nil
}

func readFile(path string, special bool, limit int64, buf []byte) ([]byte, error) {
	info, err := os.Stat(path) // before opening: opening a pipe without a writer blocks
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errors.New("is a directory")
	case !info.Mode().IsRegular() && !special:
		return nil, ErrNotRegular
	case info.Mode().IsRegular() && info.Size() > limit:
		return nil, ErrTooLarge
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readAll(file, info.Size(), limit, buf)
}

// readAll is io.ReadAll into buf with a limit. The size is a hint only: files in /proc say 0.
func readAll(r io.Reader, size, limit int64, buf []byte) ([]byte, error) {
	const least = 512
	size = min(max(size, least), limit) + 1 // the one byte more lets the end be seen without growing
	buf = slices.Grow(buf[:0], int(size))
	for {
		if len(buf) == cap(buf) {
			buf = slices.Grow(buf, least)
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return nil, ErrTooLarge
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return nil, err
		}
	}
}
