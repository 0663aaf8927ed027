package fix_test

import (
	"flag"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/report"
)

var update = flag.Bool("update", false, "write the golden files")

// TestQuality compares what the fixes of single controls, or of several, make of small manifests with what a person would have written.
func TestQuality(t *testing.T) {
	files, err := filepath.Glob("testdata/quality/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases: ", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			opts := &engine.Options{Version: control.LatestMinor, Fixes: true, Jobs: 1}
			settings := map[string][]string{}
			for line := range strings.Lines(string(archive.Comment)) {
				name, words, _ := strings.Cut(strings.TrimSpace(line), ": ")
				switch name {
				case "control":
					for id := range strings.FieldsSeq(words) {
						found := controls.Find(id)
						if len(found) != 1 || found[0].ID != id {
							t.Fatalf("no control %s", id)
						}
						opts.Controls = append(opts.Controls, found[0])
					}
				case "param":
					name, values, _ := strings.Cut(words, "=")
					settings[name] = strings.Fields(values)
				}
			}
			opts.Params = map[string]map[string][]string{}
			for _, c := range opts.Controls {
				opts.Params[c.ID] = settings
			}
			before, after := archive.Files[0].Data, archive.Files[1].Data
			got := settled(t, "a.yaml", before, opts)
			if *update {
				archive.Files[1].Data = got
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			if string(got) != string(after) {
				t.Errorf("got\n%s\nwant\n%s", got, after)
			}
		})
	}
}

// settled fixes again until nothing changes any more.
func settled(t *testing.T, path string, src []byte, opts *engine.Options) []byte {
	t.Helper()
	for range 5 {
		f := fix.Apply(path, src, judged(t, path, src, opts), control.Breaking)
		if !f.Changed() {
			return src
		}
		src = slices.Clone(f.After)
	}
	t.Errorf("%s: does not come to rest", path)
	return src
}

// judged returns the findings in a file.
func judged(t *testing.T, path string, src []byte, opts *engine.Options) (findings []control.Finding) {
	t.Helper()
	var in iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		yield(engine.Input{Path: path, Read: func() ([]byte, error) { return src, nil }})
	}
	_, err := engine.Scan(t.Context(), in, opts, func(f *report.File) error {
		findings = append(findings, f.Findings...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return findings
}
