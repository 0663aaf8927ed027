package edit_test

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/tree/edit"
)

// nodes are the paths of a document, by what can be done with them.
func nodes(doc []byte) (scalars, mappings, lists, items []string) {
	t, err := tree.NewParser().Parse(doc, tree.Document{End: len(doc)})
	if err != nil {
		return nil, nil, nil, nil
	}
	var walk func(n tree.Node)
	walk = func(n tree.Node) {
		path := t.Root().Path(n)
		if path != "" {
			items = append(items, path)
		}
		switch n.Kind() {
		case tree.Scalar:
			if path != "" {
				scalars = append(scalars, path)
			}
		case tree.Mapping:
			mappings = append(mappings, path)
			for key, value := range n.Pairs() {
				if !key.Overridden() {
					walk(value)
				}
			}
		case tree.Sequence:
			lists = append(lists, path)
			for _, item := range n.Items() {
				walk(item)
			}
		case tree.Missing:
		}
	}
	walk(t.Root())
	return scalars, mappings, lists, items
}

// some makes an edit of a document that exists.
func some(r *rand.Rand, doc []byte) (edit.Edit, bool) {
	scalars, mappings, lists, items := nodes(doc)
	values := []any{true, 7, "x", "no", "a: b", "", nil, []any{"ALL"}, []any{1, "b"}, map[string]any{"name": "x", "k": map[string]any{"l": []any{"m"}}}, "two\nlines"}
	value := values[r.IntN(len(values))]
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	switch k := r.IntN(5); {
	case k == 0 && len(scalars) > 0:
		return edit.Edit{Op: edit.Set, Path: pick(scalars), Value: value}, true
	case k == 1 && len(mappings) > 0:
		path := pick(mappings)
		return edit.Edit{Op: edit.Set, Path: string(tree.AppendKey([]byte(path), []string{"added", "zz", "a.b/c", "app"}[r.IntN(4)])), Value: value}, true
	case k == 2 && len(lists) > 0:
		return edit.Edit{Op: edit.Append, Path: pick(lists), Value: value}, true
	case k == 3 && len(items) > 0:
		return edit.Edit{Op: edit.Remove, Path: pick(items)}, true
	case k == 4 && len(mappings) > 0:
		path := string(tree.AppendKey([]byte(pick(mappings)), "securityContext"))
		return edit.Edit{Op: edit.Set, Path: path + ".capabilities.drop", Value: []any{"ALL"}}, true
	}
	return edit.Edit{}, false
}

// TestEveryManifestCanBeEdited makes random edits in real manifests. Apply proves each of them itself; here it counts that nearly all can be
// made, and that lines without any part in it stay.
func TestEveryManifestCanBeEdited(t *testing.T) {
	dir := "../../../shared/corpus"
	if _, err := os.Stat(dir); err != nil {
		dir = "../../examples"
	}
	r := rand.New(rand.NewPCG(1, 2))
	var done, refused, unproven int
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") && !strings.HasSuffix(path, ".json") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil || len(src) > 1<<16 {
			return err
		}
		for doc := range tree.Split(src) {
			text := src[doc.Start:doc.End]
			for range 3 {
				e, ok := some(r, text)
				if !ok {
					continue
				}
				got, err := edit.Apply(text, []edit.Edit{e})
				var no *edit.Refused
				switch {
				case errors.As(err, &no):
					refused++
				case errors.Is(err, edit.ErrUnproven):
					unproven++
					if unproven <= 10 {
						t.Logf("%s: %s %s %v: %v", path, e.Op, e.Path, e.Value, err)
					}
				case err != nil:
					t.Errorf("%s: %s %s: %v", path, e.Op, e.Path, err)
				default:
					done++
					if lost := lostLines(text, got); e.Op != edit.Remove && lost > linesOf(text, e.Path) {
						t.Errorf("%s: %s %s changes %d lines\n%s", path, e.Op, e.Path, lost, got)
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d done, %d refused, %d unproven", done, refused, unproven)
	if done < 100 || unproven*200 > done || refused*20 > done {
		t.Errorf("%d done, %d refused, %d unproven", done, refused, unproven)
	}
}

// lostLines is how many lines of a document are not in another one any more.
func lostLines(before, after []byte) int {
	have := map[string]int{}
	for line := range strings.Lines(string(after)) {
		have[strings.TrimRight(line, "\r\n")]++
	}
	lost := 0
	for line := range strings.Lines(string(before)) {
		line = strings.TrimRight(line, "\r\n")
		if have[line] == 0 {
			lost++
		}
		have[line]--
	}
	return lost
}

// linesOf is how many lines the value at a path takes, one at least: that of what it is added to.
func linesOf(doc []byte, path string) int {
	t, err := tree.NewParser().Parse(doc, tree.Document{End: len(doc)})
	if err != nil {
		return 1
	}
	n, missing := t.Root().Find(path)
	if len(missing) > 0 {
		return 1
	}
	return 1 + strings.Count(string(n.Raw()), "\n")
}

// FuzzApply edits documents that nobody has thought of. What comes out is proven by Apply itself; it must not panic, and the second time
// there must be nothing to do for a value that is set.
func FuzzApply(f *testing.F) {
	f.Add([]byte("a: {b: [1, 2]} # c\nd:\n- e: |\n    f\n- {}\n"), uint64(1))
	f.Add([]byte("{\"a\": [1,\n 2], \"b\": {}}"), uint64(2))
	f.Add([]byte("? a\n: b\n\"c\" : &x d\ne: *x\n--- \n"), uint64(3))
	f.Fuzz(func(t *testing.T, doc []byte, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		for d := range tree.Split(doc) {
			text := doc[d.Start:d.End]
			e, ok := some(r, text)
			if !ok {
				continue
			}
			got, err := edit.Apply(text, []edit.Edit{e})
			if err != nil || e.Op != edit.Set {
				continue
			}
			if again, err := edit.Apply(got, []edit.Edit{e}); err != nil || string(again) != string(got) {
				t.Errorf("%s %s %v in %q gives %q, and then %q (%v)", e.Op, e.Path, e.Value, text, got, again, err)
			}
		}
	})
}
