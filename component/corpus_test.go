package component

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// TestCorpus reads real repositories: nothing in them is taken for a mistake in the configuration of a component.
func TestCorpus(t *testing.T) {
	const root = "../../shared/corpus"
	if _, err := os.Stat(root); err != nil {
		t.Skipf("no corpus of real manifests beside the repository: %v", err)
	}
	var s Set
	var names []string
	parser := tree.NewParser()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		names = append(names, path)
		number := len(names) - 1
		if WantsFile(path) && s.AddFile(path, src, number) {
			return nil
		}
		if ext := filepath.Ext(path); ext != ".yaml" && ext != ".yml" && ext != ".json" {
			return nil
		}
		for doc := range tree.Split(src) {
			parsed, err := parser.Parse(src, doc)
			if err != nil {
				continue
			}
			for o := range object.Each(parsed.Root()) {
				s.Add(o, number, path)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	instances := New(&s, Options{})
	for _, i := range instances {
		for _, f := range i.Flaws {
			t.Errorf("%s: %s: %s %s", strings.TrimPrefix(names[f.Object], root), i.Name, f.Path, f.Message)
		}
	}
	for _, f := range s.Flaws {
		t.Errorf("%s: %s %s", names[f.Object], f.Path, f.Message)
	}
	t.Logf("%d files, %d instances", len(names), len(instances))
}
