package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Name is the name of the configuration file.
const Name = ".kubeharden.yaml"

// misnamed is a name that people expect to work.
const misnamed = ".kubeharden.yml"

// MaxSize is the largest configuration that is read.
const MaxSize = 4 << 20

// Find looks for the configuration from dir upward. It ends at the first folder with a .git in it, at the home folder, or
// at the root, each of them included: what lies above a repository is none of its business.
//
// If dir is relative, path is too if it can be. A file of nearly the right name is an error: it would have been ignored.
func Find(dir string) (path string, ok bool, err error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", false, fmt.Errorf("find %s: %w", Name, err)
	}
	if info, err := os.Stat(abs); err == nil && !info.IsDir() {
		abs = filepath.Dir(abs)
	}
	home, _ := os.UserHomeDir()
	for at := abs; ; at = filepath.Dir(at) {
		path, ok, err := look(at)
		if ok || err != nil {
			return shown(dir, path), ok, err
		}
		_, err = os.Lstat(filepath.Join(at, ".git"))
		if err == nil || at == home || at == filepath.Dir(at) {
			return "", false, nil
		}
	}
}

func look(dir string) (path string, ok bool, err error) {
	path = filepath.Join(dir, Name)
	info, err := os.Stat(path)
	switch {
	case err == nil && !info.Mode().IsRegular():
		return path, false, fmt.Errorf("%s is not a regular file", path)
	case err == nil:
		return path, true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return path, false, fmt.Errorf("find %s: %w", Name, err)
	}
	wrong := filepath.Join(dir, misnamed)
	if _, err := os.Lstat(wrong); err == nil {
		return wrong, false, fmt.Errorf("%s is not read: rename it to %s", wrong, Name)
	}
	return "", false, nil
}

// shown writes path as the user would: relative if what was asked for is.
func shown(asked, path string) string {
	if path == "" || filepath.IsAbs(asked) {
		return path
	}
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	rel, err := filepath.Rel(wd, path)
	if err != nil {
		return path
	}
	return rel
}

// Load reads the configuration at path.
func Load(path string, known *Known) (*Config, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer file.Close()
	src, err := io.ReadAll(io.LimitReader(file, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, src, known)
}
