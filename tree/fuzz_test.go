package tree

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// declared are the parts of messages with which a document may be refused although sigs.k8s.io/yaml takes it.
var declared = []string{
	differs, depthLimit, "is larger than", "larger than the", "once its aliases are expanded", "merge keys are read only",
	"carriage return without", "NUL byte", "control character", "invalid UTF-8", "UTF-16",
}

// libraryJSON is sigs.k8s.io/yaml without its panics.
func libraryJSON(doc []byte) (out []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return yaml.YAMLToJSON(doc)
}

// check parses all documents of a file and compares each with the libraries.
func check(t *testing.T, src []byte) {
	t.Helper()
	p := NewParser()
	lines := NewLines(src)
	last := 0
	for doc := range Split(src) {
		if doc.Start < last || doc.End < doc.Start || doc.End > len(src) {
			t.Fatalf("document %v is out of order", doc)
		}
		last = doc.End
		checkDocument(t, p, lines, src, doc)
	}
}

func checkDocument(t *testing.T, p *Parser, lines *Lines, src []byte, doc Document) {
	t.Helper()
	body := src[doc.Start:doc.End]
	tree, err := p.Parse(src, doc)
	var value any
	isJSON := false
	if text := bytes.TrimLeft(body, " \t\r\n"); len(text) > 0 && (text[0] == '{' || text[0] == '[') {
		isJSON = json.Unmarshal(body, &value) == nil
	}
	want, wantErr := []byte(nil), error(nil)
	if !isJSON {
		want, wantErr = libraryJSON(body)
	}
	if err != nil {
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Fatalf("%q: not an Error: %v", body, err)
		}
		if line, column := lines.Position(e.Offset); line != e.Line || column != e.Column || e.Offset < doc.Start || e.Offset > doc.End {
			t.Fatalf("%q: the error is at %d, %v, want line %d, column %d", body, e.Offset, e, line, column)
		}
		if wantErr == nil && !slices.ContainsFunc(declared, func(s string) bool { return strings.Contains(e.Message, s) }) {
			t.Fatalf("%q: refused: %v", body, err)
		}
		return
	}
	if wantErr != nil {
		t.Fatalf("%q: accepted, but the library says: %v", body, wantErr)
	}
	got, err := tree.Root().AppendJSON(nil)
	if err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	if isJSON {
		var v any
		if err := json.Unmarshal(got, &v); err != nil || !reflect.DeepEqual(v, value) {
			t.Fatalf("%q (JSON):\ngot  %q, %v\nwant %v", body, got, err, value)
		}
	} else if !bytes.Equal(got, want) {
		t.Fatalf("%q:\ngot  %q\nwant %q", body, got, want)
	}
	checkSpans(t, tree, doc)
	var values [2][]byte
	if Peek(src, doc, []string{"kind", "a"}, values[:]) {
		for i, key := range []string{"kind", "a"} {
			v := tree.Root().Get(key)
			if v.Exists() && !bytes.Equal(values[i], v.Raw()) {
				t.Fatalf("%q: Peek says that %s is %q", body, key, values[i])
			}
		}
	}
}

// checkSpans checks that children lie in their parents, one behind the other, and that scalars of one line mean the
// same when they stand alone.
func checkSpans(t *testing.T, tree *Tree, doc Document) {
	t.Helper()
	alone := NewParser()
	for i := range tree.nodes {
		n := &tree.nodes[i]
		if int(n.start) < doc.Start || int(n.end) > doc.End || n.start > n.end || int(n.next) > len(tree.nodes) || n.next <= uint32(i) {
			t.Fatalf("%q: node %d is %+v", tree.src, i, n)
		}
		if n.kind != Scalar {
			at := n.start
			for k := uint32(i) + 1; k < n.next; k = tree.nodes[k].next {
				child := &tree.nodes[k]
				if child.flags&flagAliased != 0 {
					continue
				}
				if child.start < at || child.end > n.end {
					t.Fatalf("%q: node %d %+v is outside of %d %+v or before %d", tree.src, k, child, i, n, at)
				}
				at = child.end
			}
			continue
		}
		raw := tree.src[n.start:n.end]
		if tree.fallback || n.flags&flagSynthetic != 0 || bytes.IndexByte(raw, '\n') >= 0 || n.style == Literal || n.style == Folded {
			continue
		}
		source, form := slices.Clone(tree.source(n)), "- %s\n"
		switch {
		case n.style == DoubleQuoted:
			form = "[%s]"
		case n.flags&flagKey != 0:
			form = "- %s: x"
		}
		doc := fmt.Appendf(nil, form, raw)
		one, err := alone.Parse(doc, Document{0, len(doc)})
		if err != nil {
			t.Fatalf("%q: scalar %q alone: %v", tree.src, raw, err)
		}
		item := one.Root().At(0)
		if form == "- %s: x" {
			item = Node{one, 2}
		}
		if item.Kind() != Scalar || !bytes.Equal(one.source(item.node()), source) || one.resolved(item.node()).typ != tree.resolved(n).typ {
			t.Fatalf("%q: scalar %q alone is %q (%v), was %q (%v)", tree.src, raw, item.Text(), item.Type(), source, tree.resolved(n).typ)
		}
	}
}

// FuzzParse compares the parser with sigs.k8s.io/yaml, and with encoding/json for JSON: the same value, or a refusal
// that is declared.
func FuzzParse(f *testing.F) {
	for _, seed := range handmade {
		f.Add([]byte(seed))
	}
	for _, src := range files(f, "testdata", 8<<10) {
		f.Add(src)
	}
	for _, dir := range []string{corpusDir, "../../shared/oracle"} {
		if _, err := os.Stat(dir); err != nil {
			f.Logf("no seeds from %s: %v", dir, err)
			continue
		}
		all := files(f, dir, 8<<10)
		names := make([]string, 0, len(all))
		for name := range all {
			names = append(names, name)
		}
		slices.Sort(names)
		for i := 0; i < len(names); i += 1 + len(names)/200 {
			f.Add(all[names[i]])
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<16 {
			return
		}
		check(t, src)
	})
}
