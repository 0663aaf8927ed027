package tree

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// corpusDir holds public manifests that belong to other projects; it is there only on the developers' machines.
const corpusDir = "../../shared/corpus"

// files reads the YAML and JSON files below dir that are no larger than limit.
func files(tb testing.TB, dir string, limit int64) map[string][]byte {
	tb.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch strings.ToLower(filepath.Ext(path)) {
		case ".yaml", ".yml", ".json":
		default:
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Size() > limit {
			return err
		}
		all[path], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func TestCorpus(t *testing.T) {
	if _, err := os.Stat(corpusDir); err != nil {
		t.Skipf("the corpus of public manifests is not here: %v", err)
	}
	p := NewParser()
	documents, fallbacks, refused := 0, 0, 0
	for path, src := range files(t, corpusDir, 1<<40) {
		for doc := range Split(src) {
			documents++
			tree, err := p.Parse(src, doc)
			want, wantErr := yaml.YAMLToJSON(src[doc.Start:doc.End])
			if err != nil {
				refused++
				if wantErr == nil {
					t.Errorf("%s: %v", path, err)
				}
				continue
			}
			if tree.Fallback() {
				fallbacks++
				t.Logf("%s: fall-back at byte %d %.40q", path, p.at, src[p.at:])
			}
			if wantErr != nil {
				if !json.Valid(src[doc.Start:doc.End]) {
					t.Errorf("%s: accepted what the library refuses: %v", path, wantErr)
				}
				continue
			}
			got, err := tree.Root().AppendJSON(nil)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s at %d: %v\ngot  %.300s\nwant %.300s", path, doc.Start, err, got, want)
			}
		}
	}
	t.Logf("%d documents, %d fall-backs, %d refused", documents, fallbacks, refused)
	if fallbacks*20 > documents {
		t.Errorf("%d of %d documents needed the fall-back, want at most 5 %%", fallbacks, documents)
	}
}
