package edit_test

import (
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/tree/edit"
)

// TestChangesMakeTheResult makes several random edits of real manifests: the changes that are told of them have to make the same of the text.
func TestChangesMakeTheResult(t *testing.T) {
	dir := "../../../shared/corpus/kube-prometheus"
	if _, err := os.Stat(dir); err != nil {
		dir = "../../examples"
	}
	r := rand.New(rand.NewPCG(5, 6))
	done := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") || done > 4000 {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil || len(src) > 1<<14 {
			return err
		}
		for doc := range tree.Split(src) {
			text := src[doc.Start:doc.End]
			for range 4 {
				s, err := edit.Open(text)
				if err != nil {
					t.Fatal(err)
				}
				now := text
				for range 1 + r.IntN(6) {
					e, ok := some(r, now)
					if !ok || s.Apply([]edit.Edit{e}) != nil {
						continue
					}
					if now, err = s.Result(); err != nil {
						break
					}
				}
				if err != nil {
					continue
				}
				done++
				var got []byte
				at := 0
				for _, c := range s.Changes() {
					if c.Start < at || c.End < c.Start {
						t.Fatalf("%s: changes are out of order: %+v", path, s.Changes())
					}
					got = append(append(got, text[at:c.Start]...), c.Text...)
					at = c.End
				}
				if got = append(got, text[at:]...); string(got) != string(now) {
					t.Fatalf("%s: the changes %+v make\n%s\nand not\n%s", path, s.Changes(), got, now)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d documents", done)
	if done == 0 {
		t.Error("nothing was changed")
	}
}
