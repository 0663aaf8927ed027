package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
)

const pagesDir = "../../../docs/controls"

func TestPagesAreFresh(t *testing.T) {
	pages, err := render(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range pages {
		got, err := os.ReadFile(filepath.Join(pagesDir, name))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/controls/%s is out of date: run make generate", name)
		}
	}
	entries, err := os.ReadDir(pagesDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if _, ok := pages[e.Name()]; !ok {
			t.Errorf("docs/controls/%s belongs to no control: run make generate", e.Name())
		}
	}
}

// TestExamples reads the examples from the pages, as a reader would copy them, and judges them.
func TestExamples(t *testing.T) {
	for _, c := range controls.All() {
		text, err := os.ReadFile(filepath.Join(pagesDir, c.ID+".md"))
		if err != nil {
			t.Error(err)
			continue
		}
		blocks := strings.Split(string(text), "```yaml\n")
		if len(blocks) != 3 && !strings.Contains(string(text), "makes such an object pass: remove it") {
			t.Errorf("%s: %d examples, want a bad and a good one", c.ID, len(blocks)-1)
			continue
		}
		for i, want := range []control.Status{control.Fail, control.Pass}[:len(blocks)-1] {
			doc, _, _ := strings.Cut(blocks[i+1], "```")
			if got, err := verdictOf(t.Context(), c, []byte(doc)); err != nil || got != want {
				t.Errorf("%s: example %d gets %s (%v), want %s", c.ID, i+1, got, err, want)
			}
		}
	}
}
