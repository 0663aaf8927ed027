package fix_test

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
)

// TestReplacementsAreTheFix makes the replacements of each finding by hand: they have to come to what Apply makes of it alone. Windows line
// ends, a byte order mark and a document before it move the places.
func TestReplacementsAreTheFix(t *testing.T) {
	files, err := filepath.Glob("testdata/quality/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	opts := &engine.Options{Controls: controls.All(), Version: control.LatestMinor, Fixes: true, Jobs: 1, Params: map[string]map[string][]string{
		"read-only-root-filesystem-missing": {"writable": {"/tmp", "/var/run"}}, "memory-limit-missing": {"value": {"1Gi"}},
	}}
	done := 0
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		src := append([]byte("\xEF\xBB\xBF# ünder\r\n---\r\na: b\r\n---\n"), archive.Files[0].Data...)
		findings := judged(t, "a.yaml", src, opts)
		fix.Locate("a.yaml", src, findings)
		for i := range findings {
			f := &findings[i]
			if f.Fix == nil {
				continue
			}
			want := fix.Apply("a.yaml", src, findings[i:i+1], control.Breaking)
			if len(f.Fix.Replacements) == 0 && want.Changed() {
				t.Errorf("%s: %s has no replacements", file, f.Control.ID)
				continue
			}
			done++
			var got []byte
			at := 0
			for _, r := range f.Fix.Replacements {
				got = append(append(got, src[at:r.Place.Offset]...), r.Text...)
				at = r.Place.Offset + r.Place.Length
				if line, column := placeOf(src, r.Place.Offset); line != r.Place.Line || column != r.Place.Column {
					t.Errorf("%s: %s: %+v is line %d, column %d", file, f.Control.ID, r.Place, line, column)
				}
			}
			if got = append(got, src[at:]...); string(got) != string(want.After) {
				t.Errorf("%s: %s: %+v makes\n%s\nand not\n%s", file, f.Control.ID, f.Fix.Replacements, got, want.After)
			}
		}
	}
	if done < 100 {
		t.Errorf("only %d findings", done)
	}
	t.Logf("%d findings", done)
}

// placeOf counts lines and columns one by one.
func placeOf(src []byte, offset int) (line, column int) {
	line, column = 1, 1
	for i, r := range string(src[:offset]) {
		switch {
		case r == '\n':
			line, column = line+1, 1
		case i > 0 || r != '\uFEFF':
			column++
		}
	}
	return line, column
}
