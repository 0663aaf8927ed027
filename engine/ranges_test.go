package engine_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
)

// manifests yields the manifests below a folder.
func manifests(t testing.TB, dir string) iter.Seq[engine.Input] {
	return func(yield func(engine.Input) bool) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			switch filepath.Ext(path) {
			case ".yaml", ".yml", ".json":
			default:
				return nil
			}
			if !yield(engine.Input{Path: path, Read: func() ([]byte, error) { return os.ReadFile(path) }}) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// corpus is a folder of real manifests that may lie beside the repository.
const corpus = "../../shared/corpus"

func TestRangesOfExamples(t *testing.T) { checkRanges(t, "../examples", 50) }

func TestRangesOfCorpus(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skipf("no corpus of real manifests beside the repository (%s)", corpus)
	}
	checkRanges(t, corpus, 5000)
}

// checkRanges proves for every finding that the bytes at its range are what it says.
func checkRanges(t *testing.T, dir string, atLeast int) {
	findings := 0
	opts := &engine.Options{Controls: controls.All(), NoFold: true}
	_, err := engine.Scan(t.Context(), manifests(t, dir), opts, func(f *report.File) error {
		if len(f.Findings) == 0 && len(f.Problems) == 0 {
			return nil
		}
		src, err := os.ReadFile(f.Path)
		if err != nil {
			return err
		}
		for i := range f.Findings {
			findings++
			checkRange(t, src, &f.Findings[i])
		}
		for i := range f.Problems {
			if p := &f.Problems[i]; p.Place.Line == 0 && !p.Warning {
				t.Errorf("%s: problem without a place: %s", f.Path, p.Message)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if findings < atLeast {
		t.Errorf("only %d findings: were the files read?", findings)
	}
	t.Logf("%d findings", findings)
}

func checkRange(t *testing.T, src []byte, f *control.Finding) {
	t.Helper()
	p := f.Place
	if f.Path == "" && f.Control.Scope == control.Everything { // the name stands for the whole object
		if got := string(src[p.Offset : p.Offset+p.Length]); strings.Trim(got, `"'`) != f.Ref.Name && f.Ref.Name != "" && !strings.HasSuffix(f.Ref.Name, "*") {
			t.Errorf("%s:%d:%d %s: bytes %q are not the name %s", p.File, p.Line, p.Column, f.Control.ID, got, f.Ref.Name)
		}
		return
	}
	if p.Length <= 0 || p.Offset < 0 || p.Offset+p.Length > len(src) {
		t.Errorf("%s %s: range %d+%d of %d bytes", f.Control.ID, f.Path, p.Offset, p.Length, len(src))
		return
	}
	raw := src[p.Offset : p.Offset+p.Length]
	if line, column := naivePosition(src, p.Offset); line != p.Line || column != p.Column {
		t.Errorf("%s:%d:%d %s: the range starts at %d:%d", p.File, p.Line, p.Column, f.Control.ID, line, column)
	}
	if line, column := naivePosition(src, p.Offset+p.Length); line != p.EndLine || column != p.EndColumn {
		t.Errorf("%s:%d:%d %s: the range ends at %d:%d, not %d:%d", p.File, p.Line, p.Column, f.Control.ID, line, column, p.EndLine, p.EndColumn)
	}
	if !bytes.Contains(src, []byte(f.Snippet)) && !strings.Contains(f.Snippet, "*") {
		t.Errorf("%s:%d: snippet %q is not in the file", p.File, p.Line, f.Snippet)
	}
	if f.Secret {
		if line := src[p.Offset-p.Column+1:]; f.Value != "" || bytes.HasPrefix(line, []byte(f.Snippet)) {
			t.Errorf("%s:%d:%d %s shows the line of a secret", p.File, p.Line, p.Column, f.Control.ID)
		}
		return
	}
	if f.Value != "" && !f.Missing {
		if raw[0] == '|' || raw[0] == '>' { // the last line break of a block scalar is part of its value, not of its range
			raw = append(bytes.Clone(raw), '\n')
		}
		if got := reread(raw); got != f.Value && !strings.HasSuffix(f.Value, "…") {
			t.Errorf("%s:%d:%d %s: bytes %q read as %q, the finding says %q", p.File, p.Line, p.Column, f.Control.ID, raw, got, f.Value)
		}
		return
	}
	// A key on the way to the value, or the name of the item that something is missing in.
	key, _, _ := strings.Cut(reread(raw), ":")
	key = strings.Trim(key, `"'`)
	if !strings.Contains(f.Path, key) && key != "name" && !f.Missing && !strings.HasSuffix(f.Path, "]") {
		t.Errorf("%s:%d:%d %s: bytes %q are no part of %s", p.File, p.Line, p.Column, f.Control.ID, raw, f.Path)
	}
}

// reread reads the bytes of one scalar by themselves.
func reread(raw []byte) string {
	doc := raw
	if raw[0] == '|' || raw[0] == '>' {
		doc = append([]byte("k: "), raw...)
	}
	root := tree.Node{}
	for d := range tree.Split(doc) {
		parsed, err := tree.NewParser().Parse(doc, d)
		if err != nil {
			return string(raw)
		}
		root = parsed.Root()
		break
	}
	if k := root.Get("k"); k.Exists() {
		root = k
	}
	if root.Kind() != tree.Scalar {
		return string(raw)
	}
	return root.Text()
}

func naivePosition(src []byte, offset int) (line, column int) {
	before := src[:offset]
	line = 1 + bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	if start == 0 && bytes.HasPrefix(src, []byte("\xEF\xBB\xBF")) && offset >= 3 {
		start = 3
	}
	return line, 1 + utf8.RuneCount(src[start:offset])
}

// TestNoFaultIsToldTwice: of one field, two findings on one subject say different things.
func TestNoFaultIsToldTwice(t *testing.T) {
	dir := corpus
	if _, err := os.Stat(dir); err != nil {
		dir = "../examples"
	}
	type told struct{ file, ref, container, path, message string }
	seen := map[told]*control.Finding{}
	opts := &engine.Options{Controls: controls.All(), Version: control.LatestMinor}
	_, err := engine.Scan(t.Context(), manifests(t, dir), opts, func(f *report.File) error {
		for i := range f.Findings {
			g := &f.Findings[i]
			key := told{fmt.Sprint(f.Path, g.Place.Offset), g.Ref.String(), g.Ref.Container, g.Path, g.Message}
			if other := seen[key]; other != nil && other.Place == g.Place {
				t.Errorf("%s:%d: %s and %s both say %q", f.Path, g.Place.Line, other.Control.ID, g.Control.ID, g.Message)
			}
			seen[key] = g
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
