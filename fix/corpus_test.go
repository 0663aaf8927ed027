package fix_test

import (
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
)

// scan judges one file with the controls of a plain scan, one object at a time: what several do together has no fix.
func scan(t *testing.T, path string, src []byte) (findings []control.Finding, broken bool) {
	t.Helper()
	chosen := slices.DeleteFunc(controls.All(), func(c *control.Control) bool { return c.Profile != "" })
	var in iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		yield(engine.Input{Path: path, Read: func() ([]byte, error) { return src, nil }})
	}
	_, err := engine.Scan(t.Context(), in, &engine.Options{Controls: chosen, Params: amounts(chosen), Version: control.LatestMinor, Fixes: true, Jobs: 1}, func(f *report.File) error {
		findings = append(findings, f.Findings...)
		broken = broken || slices.ContainsFunc(f.Problems, func(p report.Problem) bool { return !p.Warning })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return findings, broken
}

// amounts gives the settings without which a fix would have to invent a quantity.
func amounts(chosen []*control.Control) map[string]map[string][]string {
	out := map[string]map[string][]string{}
	for _, c := range chosen {
		if v := c.ExampleParams()["value"]; len(v) > 0 {
			out[c.ID] = map[string][]string{"value": v}
		}
	}
	return out
}

// TestRealManifestsAreFixed fixes everything that can be in real manifests: no file is damaged, what was fixed is gone, and nothing new is there.
func TestRealManifestsAreFixed(t *testing.T) {
	dirs := []string{"../../shared/corpus", "../../shared/oracle", "../examples"}
	files, auto, fixed, seen := 0, 0, 0, 0
	reasons, left := map[string]int{}, map[string]int{}
	sizes := map[string][]size{}
	for _, dir := range dirs {
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") && !strings.HasSuffix(path, ".json") && !strings.HasSuffix(path, ".yml") {
				return err
			}
			// The cases of the Pod Security Standards are the same pod thousands of times: some of them are enough.
			if seen++; strings.Contains(path, "/psa/") && seen%10 != 0 {
				return nil
			}
			src, err := os.ReadFile(path)
			if err != nil || len(src) > 1<<18 {
				return err
			}
			before, broken := scan(t, path, src)
			if broken {
				return nil
			}
			files++
			if files%8 == 0 { // some are enough
				measure(path, src, before, sizes)
			}
			f, after := fixAll(t, path, src)
			undamaged(t, path, src, f)
			open := remaining(after)
			for i := range before {
				b := &before[i]
				if b.Status != control.Fail || b.Control.Fix != control.Auto {
					continue
				}
				auto++
				if open[keyOf(b)] > 0 {
					open[keyOf(b)]--
					reasons[b.Control.ID]++
					continue
				}
				fixed++
			}
			for i := range after {
				a := &after[i]
				if a.Status == control.Fail && a.Control.Scope != control.Everything && !slices.ContainsFunc(before, func(b control.Finding) bool {
					return b.Control == a.Control || slices.Contains(b.Folded, a.Control.ID) || slices.Contains(b.Control.Suppresses, a.Control.ID)
				}) {
					left[a.Control.ID]++
					if left[a.Control.ID] == 1 {
						t.Logf("new: %s: %s %s", path, a.Control.ID, a.Message)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d files, %d findings with an automatic fix, %d fixed (%.1f %%)", files, auto, fixed, 100*float64(fixed)/float64(max(auto, 1)))
	smallEnough(t, sizes)
	for _, id := range slices.Sorted(maps.Keys(reasons)) {
		t.Logf("left: %4d %s", reasons[id], id)
	}
	for _, id := range slices.Sorted(maps.Keys(left)) {
		if why, ok := consequences()[id]; ok {
			t.Logf("new: %4d %s: %s", left[id], id, why)
			continue
		}
		t.Errorf("new: %4d %s", left[id], id)
	}
	if fixed*100 < auto*95 {
		t.Errorf("%d of %d are fixed", fixed, auto)
	}
}

// fixAll fixes again until nothing changes any more, a few times at most.
func fixAll(t *testing.T, path string, src []byte) (fixed []byte, findings []control.Finding) {
	t.Helper()
	for range 5 {
		findings, _ = scan(t, path, src)
		f := fix.Apply(path, src, findings, control.Breaking)
		if !f.Changed() {
			return src, findings
		}
		src = f.After
	}
	t.Errorf("%s: does not come to rest", path)
	return src, findings
}

func remaining(findings []control.Finding) map[string]int {
	out := map[string]int{}
	for i := range findings {
		if findings[i].Status == control.Fail {
			out[keyOf(&findings[i])]++
		}
	}
	return out
}

// keyOf knows a finding again after a fix: lists may have moved.
func keyOf(f *control.Finding) string {
	return f.Control.ID + " " + f.Ref.String() + " " + f.Ref.Container
}

// undamaged checks that a fixed file has the documents that it had.
func undamaged(t *testing.T, path string, before, after []byte) {
	t.Helper()
	count := func(src []byte) (n int) {
		parser := tree.NewParser()
		for doc := range tree.Split(src) {
			if _, err := parser.Parse(src, doc); err != nil {
				t.Errorf("%s: cannot be read: %v", path, err)
			}
			n++
		}
		return n
	}
	if b, a := count(before), count(after); a != b {
		t.Errorf("%s has %d documents and had %d", path, a, b)
	}
}

// consequences are findings that only show once another one is fixed.
func consequences() map[string]string {
	return map[string]string{
		"encryption-local-key-unmanaged": "what was stored as plain text has a key now, and the key is in the file",
		"host-path-volume":               "an API server is given files of its node",
		"volume-type-not-allowed":        "an API server is given files of its node",
		"rbac-resource-unknown":          "a rule for all groups says now for which",
	}
}
