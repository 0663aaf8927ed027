package files

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	gitIgnore = ".gitignore"
	ownIgnore = ".kubehardenignore"
	// maxIgnoreSize bounds what a hostile repository can make us compile. Real ones have a few kilobytes.
	maxIgnoreSize = 1 << 20
)

// A level is one ignore file in force.
type level struct {
	patterns []pattern
	base     int // length of the part of the path that leads to its folder, with the slash
}

// Rules are the ignore files in force in one folder, outermost first. They are values: a folder extends a copy.
type rules struct {
	git, own []level
	path     string // of the folder, from where the outermost level lies: "" or "a/b/"
}

type verdict int8

const (
	noWord verdict = iota
	exclude
	include
)

// decide gives the word of the last pattern that matches: deeper files come after shallower ones.
func decide(levels []level, path, name string, isDir bool) verdict {
	for _, level := range slices.Backward(levels) {
		below := path[level.base:]
		patterns := level.patterns
		for j := len(patterns) - 1; j >= 0; j-- {
			if patterns[j].match(below, name, isDir) {
				if patterns[j].negated {
					return include
				}
				return exclude
			}
		}
	}
	return noWord
}

// ignored tells whether the entry of the rules' folder is left out.
func (r *rules) ignored(name string, isDir bool) bool {
	if len(r.git)+len(r.own) == 0 {
		return false
	}
	path := r.path + name
	v := decide(r.own, path, name, isDir)
	if v == noWord {
		v = decide(r.git, path, name, isDir)
	}
	return v == exclude
}

// enter gives the rules of a folder inside, before its own ignore files are read.
func (r *rules) enter(name string) rules {
	return rules{slices.Clip(r.git), slices.Clip(r.own), r.path + name + "/"}
}

// A folder's entries that matter for its rules.
type special struct {
	dotGit, gitIgnore, ownIgnore bool
	noticed                      []string // of Options.Notice
}

// load takes up the folder's ignore files. What cannot be read is told and does without.
func (r *rules) load(folder string, has special, tell func(error)) {
	add := func(levels *[]level, path string, linkOK bool) {
		patterns, err := readIgnore(path, linkOK)
		if err != nil {
			tell(newError("read", path, err))
		}
		if len(patterns) > 0 {
			*levels = append(*levels, level{patterns, len(r.path)})
		}
	}
	if has.dotGit { // a nested repository starts afresh
		r.git = nil
		if dir := gitDir(folder); dir != "" {
			add(&r.git, join(dir, "info/exclude"), true)
		}
	}
	if has.gitIgnore {
		add(&r.git, join(folder, gitIgnore), false)
	}
	if has.ownIgnore {
		add(&r.own, join(folder, ownIgnore), false)
	}
}

func readIgnore(path string, linkOK bool) ([]pattern, error) {
	stat := os.Lstat
	if linkOK {
		stat = os.Stat
	}
	info, err := stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && info.IsDir():
		return nil, nil
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, ErrLinkedIgnore
	}
	data, err := readFile(path, false, maxIgnoreSize, nil)
	if err != nil {
		return nil, err
	}
	return parseIgnore(data), nil
}

// gitDir finds where the repository keeps info/exclude: in .git, or, if that is a file (worktrees, submodules), in the
// folder it names or the common one that folder names. It gives "" if that cannot be told, as for a stray file.
func gitDir(folder string) string {
	dir := join(folder, ".git")
	if info, err := os.Stat(dir); err != nil || info.IsDir() {
		return dir
	}
	target, ok := bytes.CutPrefix(firstLine(dir), []byte("gitdir: "))
	if !ok {
		return ""
	}
	dir = resolve(folder, string(target))
	if common := firstLine(join(dir, "commondir")); len(common) > 0 {
		dir = resolve(dir, string(common))
	}
	return dir
}

func resolve(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return join(folder, path)
}

func firstLine(path string) []byte {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, _ := io.ReadAll(io.LimitReader(file, 4096))
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

// rulesAbove gives the rules that hold in the folder from those above it, up to the repository's root. Rules that
// exclude the folder itself do not count: whoever names it wants it walked.
func rulesAbove(folder string, tell func(error)) rules {
	var r rules
	top := folder
	for !exists(join(top, ".git")) {
		parent := filepath.Dir(top)
		if parent == top {
			return r // no repository
		}
		top = parent
	}
	below, err := filepath.Rel(top, folder)
	if err != nil || below == "." {
		return r
	}
	at := top
	for name := range strings.SplitSeq(filepath.ToSlash(below), "/") {
		// A .git between top and folder cannot be: top is the nearest.
		r.load(at, special{dotGit: at == top, gitIgnore: true, ownIgnore: true}, tell)
		path := r.path + name
		own := decide(r.own, path, name, true)
		if own == exclude {
			r.own = nil
		}
		if own != include && decide(r.git, path, name, true) == exclude {
			r.git = nil
		}
		r = r.enter(name)
		at = join(at, name)
	}
	return r
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// join is path.Join for a clean folder and a plain name.
func join(folder, name string) string {
	switch {
	case folder == ".":
		return name
	case strings.HasSuffix(folder, "/"):
		return folder + name
	}
	return folder + "/" + name
}
