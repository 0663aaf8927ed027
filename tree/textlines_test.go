package tree_test

import (
	"cmp"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

// TestTextLines finds every line of a text where the source has it.
func TestTextLines(t *testing.T) {
	for name, test := range map[string]struct {
		src   string
		known bool
	}{
		"literal":             {"a:\n  b: |\n    one\n      two\n\n    three\nc: d\n", true},
		"blank lines first":   {"b: |\n\n\n  one\n  two\n", true},
		"stripped":            {"b: |-\n  one\n  two\n\n\nc: d\n", true},
		"without a last line": {"b: |\n  one\n  two", true},
		"kept":                {"b: |+\n  one\n\n", true},
		"carriage returns":    {"b: |\r\n  one\r\n  two\r\nc: d\r\n", true},
		"explicit indent":     {"b: |2\n    one\n   two\n", true},
		"comment of the head": {"b: | # text\n  one\n", true},
		"in a list":           {"b:\n- x\n- |\n  one\n  two\n", true},
		"empty":               {"b: |\n", false},
		"folded":              {"b: >\n  one\n  two\n", false},
		"quoted":              {"b: \"one\\ntwo\"\n", false},
		"plain":               {"b: one\n", false},
		"mapping":             {"b: {c: d}\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			src := []byte("# before\n---\n" + test.src)
			docs := 0
			for doc := range tree.Split(src) {
				parsed, err := tree.NewParser().Parse(src, doc)
				if err != nil {
					t.Fatal(err)
				}
				n := cmp.Or(parsed.Root().Get("b"), parsed.Root().Get("a").Get("b"))
				if !n.Exists() {
					continue
				}
				docs++
				if n.Kind() == tree.Sequence {
					n = n.At(1)
				}
				lines := n.TextLines()
				if (lines != nil) != test.known {
					t.Fatalf("lines are %v", lines)
				}
				k := 0
				for line := range strings.Lines(n.Text()) {
					if lines == nil {
						break
					}
					if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(string(src[lines[k]:]), line) {
						t.Errorf("line %d is %q, not %q", k, src[lines[k]:], line)
					}
					k++
				}
				if k != len(lines) {
					t.Errorf("%d lines of %d", len(lines), k)
				}
			}
			if docs != 1 {
				t.Errorf("%d documents have it", docs)
			}
		})
	}
}
