package node

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// filesystem is a folder that is the root of a file system, the host's or a container's. Links in it lead to places in it, as they do for
// those who live there; nothing leads out.
type filesystem struct{ root *os.Root }

// openFilesystem opens a folder as a root.
func openFilesystem(dir string) (*filesystem, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open root %s: %w", dir, cause(err))
	}
	return &filesystem{root}, nil
}

func (f *filesystem) close() { _ = f.root.Close() }

// maxLinks bounds the symbolic links on the way to a file, as the kernel does.
const maxLinks = 40

// errLinks is what too many of them are.
var errLinks = errors.New("too many levels of symbolic links")

// resolve follows the symbolic links of a path, of all of it or (parent) of all but its last part. os.Root takes an absolute link for one that
// leads out; here it begins at the root again, as it does for the host. The result has no link any more, and no slash in front; "." is the root.
func (f *filesystem) resolve(name string, parent bool) (string, error) {
	rest := strings.Split(name, "/")
	at, links := ".", 0
	for len(rest) > 0 {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			at = path.Dir(at)
			continue
		}
		next := path.Join(at, part)
		info, err := f.root.Lstat(next)
		if err != nil {
			return "", cause(err)
		}
		if info.Mode()&fs.ModeSymlink == 0 || parent && len(rest) == 0 {
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", errLinks
		}
		target, err := f.root.Readlink(next)
		if err != nil {
			return "", cause(err)
		}
		target = strings.ReplaceAll(target, "\\", "/")
		if path.IsAbs(target) {
			at = "."
		}
		rest = append(strings.Split(target, "/"), rest...)
	}
	return at, nil
}

// stat describes a path that was resolved.
func (f *filesystem) stat(actual string) (fs.FileInfo, error) {
	info, err := f.root.Lstat(actual)
	return info, cause(err)
}

// errNotRegular is what devices, pipes and folders are.
var errNotRegular = errors.New("is no regular file")

// errTooLarge is what a file is of which no more is read.
var errTooLarge = errors.New("is too large")

// read returns the content of a regular file of a path that was resolved, of no more than limit bytes.
func (f *filesystem) read(actual string, limit int64) ([]byte, error) {
	return readRegular(f.root, actual, limit)
}

func readRegular(root *os.Root, name string, limit int64) ([]byte, error) {
	// What was a file may be a pipe by now, whose opening would wait for a writer.
	file, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, cause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, cause(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	src, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, cause(err)
	}
	if int64(len(src)) > limit {
		return nil, errTooLarge
	}
	return src, nil
}

// list returns the names in a folder of a path that was resolved, sorted, and whether these are all.
func (f *filesystem) list(actual string, limit int) (names []string, all bool, err error) {
	return readNames(f.root, actual, limit)
}

func readNames(root *os.Root, dir string, limit int) (names []string, all bool, err error) {
	file, err := root.OpenFile(dir, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, false, cause(err)
	}
	defer file.Close()
	names, err = file.Readdirnames(limit + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, cause(err)
	}
	slices.Sort(names)
	if len(names) > limit {
		return names[:limit], false, nil
	}
	return names, true, nil
}

// missing reports whether an error says that something is not there. A path through something that is no folder is not there either.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// cause is an error without the path, which is told beside it.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		return e.Err
	}
	return err
}

// modeText writes permission bits in octal, with those of set-user-ID, set-group-ID and the sticky bit.
func modeText(m fs.FileMode) string {
	bits := uint32(m.Perm())
	for _, special := range []struct {
		mode fs.FileMode
		bit  uint32
	}{{fs.ModeSetuid, 0o4000}, {fs.ModeSetgid, 0o2000}, {fs.ModeSticky, 0o1000}} {
		if m&special.mode != 0 {
			bits |= special.bit
		}
	}
	return fmt.Sprintf("%04o", bits)
}

func typeText(m fs.FileMode) string {
	switch {
	case m.IsRegular():
		return "file"
	case m.IsDir():
		return "directory"
	case m&fs.ModeSocket != 0:
		return "socket"
	default:
		return "other"
	}
}

// maxNames bounds the accounts of a machine that are read.
const maxNames = 100_000

// parseNames reads the names of accounts from /etc/passwd, or of groups from /etc/group, by their number. The first one counts.
func parseNames(src []byte) map[int]string {
	names := map[int]string{}
	for line := range strings.Lines(string(src)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		_, rest, _ = strings.Cut(rest, ":")
		number, _, _ := strings.Cut(rest, ":")
		id, err := strconv.ParseUint(number, 10, 32)
		if err != nil || name == "" || name[0] == '#' || name[0] == '+' || len(names) >= maxNames {
			continue
		}
		if _, ok := names[int(id)]; !ok {
			names[int(id)] = name
		}
	}
	return names
}

// nameOf returns the name of an account or group, or else its number.
func nameOf(names map[int]string, id int) string {
	if name, ok := names[id]; ok {
		return name
	}
	return strconv.Itoa(id)
}

// parseOSRelease reads os-release: NAME=value, in quotes or not.
// https://www.freedesktop.org/software/systemd/man/latest/os-release.html
func parseOSRelease(src []byte) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(string(src)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if !ok || name == "" || name[0] == '#' || len(out) > 100 || len(value) > 1000 {
			continue
		}
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = strings.NewReplacer(`\"`, `"`, `\\`, `\`, `\$`, `$`, "\\`", "`").Replace(value[1 : n-1])
		}
		out[name] = value
	}
	return out
}
