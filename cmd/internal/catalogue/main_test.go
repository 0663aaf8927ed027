package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGeneratedFileIsUpToDate(t *testing.T) {
	want, err := generate("../../../controls")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../../controls/catalogue_gen.go")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("controls/catalogue_gen.go is out of date: run make generate")
	}
}

func TestGenerateRefuses(t *testing.T) {
	for name, c := range map[string]struct{ file, src, want string }{
		"two controls in a file": {
			"one_two.go", "var A = control.Control{ID: \"one-two\"}\nvar B = control.Control{ID: \"three-four\"}", "declares 2 controls",
		},
		"a file with another name": {"other.go", `var A = control.Control{ID: "one-two"}`, "belongs into"},
		"an id that is not there":  {"one_two.go", `var A = control.Control{}`, "belongs into"},
		"broken Go":                {"one_two.go", "var", "one_two.go"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, dir, c.file, c.src)
			if _, err := generate(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestGenerateSorts(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b_b.go", `var Second = control.Control{ID: "b-b"}`)
	put(t, dir, "a_a.go", "var (\n\tFirst = control.Control{ID: \"a-a\"}\n\thelper = control.Control{}\n)\nvar Other = map[string]int{}")
	put(t, dir, "x_test.go", `var Test = control.Control{ID: "t-t"}`)
	src, err := generate(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := "&pods.First,\n\t\t&pods.Second,\n\t}"; !strings.Contains(string(src), want) {
		t.Errorf("no %q in\n%s", want, src)
	}
}

func put(t *testing.T, dir, file, src string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "pods"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pods", file), []byte("package pods\n"+src+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}
