package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCopiesAreWholeAndApart(t *testing.T) {
	src, out := t.TempDir(), t.TempDir()
	write(t, filepath.Join(src, "a", "pod.yaml"), "kind: Pod\r\n")
	write(t, filepath.Join(src, "b.JSON"), "{}")
	write(t, filepath.Join(src, "README.md"), "not a manifest")
	files, err := list([]string{src}, out)
	if err != nil {
		t.Fatal(err)
	}
	n, err := copyAll(t.Context(), files, out, 3)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(3 * (len("kind: Pod\r\n") + len("{}"))); n != want {
		t.Errorf("wrote %d bytes, want %d", n, want)
	}
	for _, dir := range []string{"copy-000", "copy-001", "copy-002"} {
		got, err := os.ReadFile(filepath.Join(out, dir, "a", "pod.yaml"))
		if err != nil || string(got) != "kind: Pod\r\n" {
			t.Errorf("%s: got %q, %v", dir, got, err)
		}
		if _, err := os.Stat(filepath.Join(out, dir, "README.md")); err == nil {
			t.Errorf("%s: README.md was copied", dir)
		}
	}
}

func TestListRefuses(t *testing.T) {
	src := t.TempDir()
	write(t, filepath.Join(src, "x", "pod.yaml"), "kind: Pod\n")
	write(t, filepath.Join(src, "y", "x", "pod.yaml"), "kind: Pod\n")
	empty := t.TempDir()
	for _, c := range []struct {
		name  string
		roots []string
		out   string
		want  string
	}{
		{"destination inside source", []string{src}, filepath.Join(src, "out"), "inside source"},
		{"destination is source", []string{src}, src, "inside source"},
		{"nothing to copy", []string{empty}, filepath.Join(t.TempDir(), "out"), "no .yaml"},
		{"same name twice", []string{filepath.Join(src, "x"), filepath.Join(src, "y", "x")}, t.TempDir(), "would both become"},
		{"missing source", []string{filepath.Join(src, "none")}, t.TempDir(), "listing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := list(c.roots, c.out)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestEmptyFolderKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "mine"), "x")
	if err := emptyFolder(dir); err == nil {
		t.Error("a folder with a file in it was accepted")
	}
}
