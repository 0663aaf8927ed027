//go:build unix

package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWalkUnreadable(t *testing.T) {
	root := plant(t, "a/x.yaml", "b/y.yaml", "c/.gitignore = *", "c/z.yaml", "d/w.yaml")
	if err := os.Chmod(filepath.Dir(root), 0o755); err != nil { // for whom dropRoot makes us
		t.Fatal(err)
	}
	for name, mode := range map[string]os.FileMode{"a": 0, "b/y.yaml": 0, "c/.gitignore": 0} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { _ = os.Chmod("a", 0o755) })
	dropRoot(t)
	var got []string
	for f, err := range Walk(t.Context(), []string{"."}, Options{}) {
		if err == nil {
			_, err = Read(f, Options{}, nil)
		}
		if err != nil && !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v is no fs.ErrPermission", err)
		}
		if err != nil {
			got = append(got, err.Error())
		} else {
			got = append(got, f.Path)
		}
	}
	want := "read a: permission denied, read b/y.yaml: permission denied, read c/.gitignore: permission denied, c/z.yaml, d/w.yaml"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s\nwant %s", strings.Join(got, ", "), want)
	}
}

func TestPipes(t *testing.T) {
	plant(t, "a.yaml", "l.yaml -> p.yaml", "ignored/", ".gitignore = ignored", "m.yaml -> ignored/p")
	for _, name := range []string{"p.yaml", "q.txt", "ignored/p"} {
		if err := syscall.Mkfifo(name, 0o644); err != nil {
			t.Skipf("no pipes here: %v", err)
		}
	}
	want := "a.yaml, follow m.yaml: not a regular file, read p.yaml: not a regular file"
	if got := strings.Join(walk(t, Options{}, "."), ", "); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	if _, err := Read(File{Path: "p.yaml"}, Options{}, nil); !errors.Is(err, ErrNotRegular) {
		t.Error(err)
	}
	go func() { _ = os.WriteFile("q.txt", []byte("kind: Pod"), 0) }()
	for f, err := range Walk(t.Context(), []string{"q.txt"}, Options{}) {
		if got, readErr := Read(f, Options{}, nil); string(got) != "kind: Pod" || err != nil || readErr != nil {
			t.Error(string(got), err, readErr)
		}
	}
}

// As with kubeharden scan <(helm template …): a path that no real path can be found for.
func TestProcessSubstitution(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := fmt.Sprintf("/dev/fd/%d", r.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("no /dev/fd")
	}
	go func() { _, _ = w.WriteString("kind: Pod"); _ = w.Close() }()
	for f, err := range Walk(t.Context(), []string{path}, Options{}) {
		if got, readErr := Read(f, Options{}, nil); string(got) != "kind: Pod" || err != nil || readErr != nil || f.Path != path {
			t.Error(string(got), err, readErr, f)
		}
	}
}
