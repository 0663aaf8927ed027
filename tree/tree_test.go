package tree

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func parse(t *testing.T, src string) *Tree {
	t.Helper()
	tree, err := NewParser().Parse([]byte(src), Document{0, len(src)})
	if err != nil {
		t.Fatalf("%q: %v", src, err)
	}
	return tree
}

// walk follows a path of keys and indexes like spec/0/name.
func walk(n Node, path string) Node {
	for step := range strings.SplitSeq(path, "/") {
		if n.Kind() == Sequence {
			n = n.At(int(step[0] - '0'))
		} else {
			n = n.Get(step)
		}
	}
	return n
}

func TestFixtures(t *testing.T) {
	for path, src := range files(t, "testdata", 1<<20) {
		t.Run(path, func(t *testing.T) { check(t, src) })
	}
}

func TestSpans(t *testing.T) {
	tests := []struct{ src, path, raw string }{
		{"a: b # c\n", "a", "b"},
		{"a:   'b'  \n", "a", "'b'"},
		{"a: [b, {c: \"d\"}] # e\n", "a", "[b, {c: \"d\"}]"},
		{"a: [b, {c: \"d\"}] # e\n", "a/1/c", "\"d\""},
		{"a:\n  b: c\n  d:\n  - e\n\n# f\ng: h\n", "a", "b: c\n  d:\n  - e"},
		{"a:\n  b: c\n  d:\n  - e\n  - f: g\n", "a/d", "- e\n  - f: g"},
		{"a:\n  b: c\n  d:\n  - e\n  - f: g\n", "a/d/1", "f: g"},
		{"a: |  # x\n  b\n  c\n\n\nd: e\n", "a", "|  # x\n  b\n  c"},
		{"a: |+\n  b\n\nd: e\n", "a", "|+\n  b"},
		{"a: b c\n  d\n\n  e\nf: g\n", "a", "b c\n  d\n\n  e"},
		{"a: b\r\nc: d\r\n", "a", "b"},
		{"a: |\r\n  b\r\nc: d\r\n", "a", "|\r\n  b"},
		{"a: é\nb: ü\n", "b", "ü"},
		{"a: &x b\nc: d\n", "a", "b"},
		{"a: &x b\nc: *x\n", "c", "b"},
		{"a: &x\n  b: c\nd:\n  <<: *x\n  e: f\n", "d", "<<: *x\n  e: f"},
		{"a: &x\n  b: c\nd:\n  <<: *x\n  e: f\n", "d/b", "c"},
		{"a: !!str # c\n  b\n", "a", "b"},
		{"é: &x [ü, {ö: 'ä'}]\n", "é/1/ö", "'ä'"},
		{"a: &x |2\n   b\n  c\nd: e\n", "a", "|2\n   b\n  c"},
		{"a: &x\n- b\n-\n  - c\n", "a", "- b\n-\n  - c"},
		{"{\"a\": {\"b\": [1, \"c\"]}}", "a/b", "[1, \"c\"]"},
		{"? a\n: &b c\n", "a", "c"},
		{"a: &x \"b\\\n  c\"\n", "a", "\"b\\\n  c\""},
	}
	for _, test := range tests {
		n := walk(parse(t, test.src).Root(), test.path)
		if got := string(n.Raw()); got != test.raw {
			t.Errorf("%q: %s is %q, want %q", test.src, test.path, got, test.raw)
		}
	}
	for _, src := range []string{"a:\nb: c\n", "a: # x\nb: c\n", "- a:\n", "x: &y\n- a:\n"} {
		tree := parse(t, src)
		for i := range tree.nodes {
			if n := (Node{tree, uint32(i)}); n.IsNull() {
				if start, end := n.Span(); start != end || src[start-1] != ':' {
					t.Errorf("%q: the empty value is at %d to %d", src, start, end)
				}
			}
		}
	}
}

func TestValues(t *testing.T) {
	tests := []struct {
		src  string
		typ  ScalarType
		text string
	}{
		{"yes", Bool, "yes"},
		{"'yes'", String, "yes"},
		{"0x10", Int, "0x10"},
		{"18446744073709551615", Uint, "18446744073709551615"},
		{"18446744073709551616", Float, "18446744073709551616"},
		{"1e3", Float, "1e3"},
		{"1_0", Int, "1_0"},
		{"2001-01-01", String, "2001-01-01"},
		{"12:30:45", String, "12:30:45"},
		{"~", Null, "~"},
		{"", Null, ""},
		{"!!str 1", String, "1"},
		{"!!int '1'", Int, "1"},
		{"!!binary aGk=", String, "hi"},
		{"|\n  a\n  b", String, "a\nb"},
		{">+\n  a\n  b\n\n", String, "a b\n\n"},
		{"\"\\u00e9\\x41\\n\"", String, "éA\n"},
		{"'a''b\n\n  c'", String, "a'b\nc"},
		{"[]", NotScalar, ""},
	}
	for _, test := range tests {
		n := parse(t, "a: "+test.src).Root().Get("a")
		if n.Type() != test.typ || n.Text() != test.text {
			t.Errorf("%q is %q (%v), want %q (%v)", test.src, n.Text(), n.Type(), test.text, test.typ)
		}
		s, ok := n.Str()
		if ok != (test.typ == String) || ok && s != test.text || n.StrIs(test.text) != ok {
			t.Errorf("%q: Str is %q, %v", test.src, s, ok)
		}
	}
	root := parse(t, "a: 0x10\nb: off\nc: 2.5\nd: 18446744073709551615\ne: ~\nyes: x\n").Root()
	if v, ok := root.Get("a").Int(); v != 16 || !ok {
		t.Error("a is", v, ok)
	}
	if v, ok := root.Get("b").Bool(); v || !ok {
		t.Error("b is", v, ok)
	}
	if v, ok := root.Get("c").Float(); v != 2.5 || !ok {
		t.Error("c is", v, ok)
	}
	if v, ok := root.Get("d").Float(); v != 1<<64 || !ok {
		t.Error("d is", v, ok)
	}
	if _, ok := root.Get("d").Int(); ok || !root.Get("e").IsNull() || root.Get("f").IsNull() || root.Get("f").Exists() {
		t.Error("d has an int, or null is not null")
	}
	if n := root.Get("true"); !n.StrIs("x") || n.Key().Text() != "true" || string(n.Key().Raw()) != "yes" {
		t.Error("the key yes is not found as true")
	}
	if _, err := (Node{}).AppendJSON(nil); err == nil {
		t.Error("a missing node has JSON")
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		src          string
		line, column int
		message      string
	}{
		{"a: b: c\n", 1, 5, "mapping values are not allowed"},
		{"a:\n  b: c\n d: e\n", 3, 2, "did not find expected key"},
		{"a:\n\tb: c\n", 2, 1, "cannot start any token"},
		{"a: [b, c\nd: e\n", 1, 8, "did not find expected ',' or ']'"},
		{"x: y\na: 'b\nc: d\n\n\n", 2, 4, "unexpected end of stream"},
		{"a: \"\\q\"\n", 1, 4, "unknown escape"},
		{"é: \"ü\" x\n", 1, 7, ""},
		{"a: b\r\nc: d: e\r\n", 2, 5, "mapping values"},
		{"a: b\n\nc: *d\n", 3, 4, "unknown anchor"},
		{"- a\nb: c\n", 2, 1, ""},
		{"a: .inf\n", 1, 4, "infinity"},
		{"~: a\n", 1, 1, "key"},
		{"a: \x01\n", 1, 4, "control character U+0001"},
		{"a: \xff\n", 1, 4, "invalid UTF-8"},
		{"\xff\xfea\x00", 1, 4, "UTF-16"},
		{"\xff\xfe\x41\x42", 1, 1, "UTF-16"},
		{"a: b\rc: d\n", 1, 5, "carriage return"},
		{"yes: a\n'true': b\n", 1, 1, differs},
		{"a: &b c\nd: e\nf: g: h\n", 3, 1, "mapping values"},
		{"{\"a\": 1,\n\"b\" 2}", 2, 1, ""},
	}
	for _, test := range tests {
		_, err := NewParser().Parse([]byte(test.src), Document{0, len(test.src)})
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Line != test.line || e.Column != test.column || !strings.Contains(e.Message, test.message) {
			t.Errorf("%q: %v, want line %d, column %d: %s", test.src, err, test.line, test.column, test.message)
		}
	}
	src := []byte("a: b\n---\nc: d: e\n---\nf: g\n---\nh: 'i\n")
	p, got := NewParser(), ""
	for doc := range Split(src) {
		if _, err := p.Parse(src, doc); err != nil {
			e, _ := errors.AsType[*Error](err)
			got += fmt.Sprint(e.Line, ":", e.Column, " ")
		} else {
			got += "ok "
		}
	}
	if want := "ok 3:5 ok 7:4 "; got != want {
		t.Errorf("documents are %q, want %q", got, want)
	}
}

func TestDuplicates(t *testing.T) {
	many := &strings.Builder{}
	for i := range 40 {
		fmt.Fprintf(many, "k%d: %d\n", i%30, i)
	}
	tests := []struct {
		src  string
		want []int // offsets of the overridden keys
	}{
		{"a: 1\nb: 2\na: 3\n", []int{0}},
		{"a: {b: 1, b: 2}\na: 3\n", []int{0, 4}},
		{"a: 1\n\"\\x61\": 2\n'a': 3\n", []int{0, 5}},
		{"0x1: a\n1: b\n", []int{0}},
		{"{\"a\": 1, \"\\u0061\": 2}", []int{1}},
		{"a: &x {b: 1}\nc: {<<: *x, b: 2}\n", nil},
		{"a: &x 1\na: *x\n", []int{0}},
		{"12345678: a\n12345679: b\nabcdefghijklmnop: c\nabcdefghXjklmnop: d\n", nil},
	}
	for _, test := range tests {
		var got []int
		for n := range parse(t, test.src).Duplicates() {
			start, _ := n.Span()
			got = append(got, start)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: %v, want %v", test.src, got, test.want)
		}
	}
	tree := parse(t, many.String())
	if v, _ := tree.Root().Get("k5").Int(); len(tree.dups) != 10 || v != 35 {
		t.Errorf("%d duplicates, k5 is %d", len(tree.dups), v)
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		src  string
		want []string
	}{
		{"a\n---\nb\n", []string{"a\n", "---\nb\n"}},
		{"---\n# c\n\n---\r\nb\n---", []string{"---\r\nb\n"}},
		{"--- a\n--- {b: c}\n--- |\n d\n", []string{"--- a\n", "--- {b: c}\n", "--- |\n d\n"}},
		{"a\n...\nb\n... # c\n", []string{"a\n", "\nb\n"}},
		{"%YAML 1.1\n---\na\n---\nb\n", []string{"%YAML 1.1\n---\na\n", "---\nb\n"}},
		{"a: b\n---c\n ---\n", []string{"a: b\n---c\n ---\n"}},
		{"\ufeff---\na\n", []string{"---\na\n"}},
		{"{\"a\": 1}{\"b\": 2}\n[3]\n", []string{`{"a": 1}`, `{"b": 2}`, `[3]`}},
		{"{\"a\": 1}\n{b: 2}\n---\nc\n", []string{`{"a": 1}`, "\n{b: 2}\n", "---\nc\n"}},
		{"{a: 1}\n---\n{\"b\": 2}\n", []string{"{a: 1}\n", "---\n{\"b\": 2}\n"}},
		{"# a\u0085b: c\n", []string{"# a\u0085b: c\n"}},
		{"a: '\n---\nb: c\n", []string{"a: '\n", "---\nb: c\n"}},
		{"", nil},
	}
	for _, test := range tests {
		var got []string
		for doc := range Split([]byte(test.src)) {
			got = append(got, test.src[doc.Start:doc.End])
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%q: %q, want %q", test.src, got, test.want)
		}
	}
}

func TestPeek(t *testing.T) {
	tests := []struct{ src, want string }{
		{"apiVersion: v1\nkind: Pod\n", "v1 Pod"},
		{"---\n# c\nkind: Pod # c\nspec:\n  kind: x\n- y\n", "- Pod"},
		{"kind: Pod\r\n", "- Pod"},
		{"kind :   Pod\nkinder: x\n", "- Pod"},
		{"a: b\n", "- -"},
		{"kind: Pod\n  x\n", "?"},
		{"kind: Pod\n\n  x\n", "?"},
		{"kind: Pod\n  # x\n", "- Pod"},
		{"kind: Pod\nkind: Job\n", "?"},
		{"kind: Pod\n\"kind\": Job\n", "?"},
		{"kind: Pod\n? kind\n: Job\n", "?"},
		{"kind: Pod\n<<: x\n", "?"},
		{"kind: &a Pod\n", "?"},
		{"kind: \"Pod\"\n", "?"},
		{"kind:\n  Pod\n", "?"},
		{"kind:Pod\n", "?"},
		{" kind: Pod\n", "?"},
		{"{kind: Pod}\n", "?"},
		{"a: b\u0085kind: Pod\n", "?"},
		{"a: b\rkind: Pod\n", "?"},
		{"a: é\nkind: Pod\n", "- Pod"},
		{"", "?"},
	}
	for _, test := range tests {
		values := make([][]byte, 2)
		got := "?"
		if Peek([]byte(test.src), Document{0, len(test.src)}, []string{"apiVersion", "kind"}, values) {
			for i, v := range values {
				if v == nil {
					values[i] = []byte("-")
				}
			}
			got = string(bytes.Join(values, []byte(" ")))
		}
		if got != test.want {
			t.Errorf("%q: %s, want %s", test.src, got, test.want)
		}
	}
}

func TestLines(t *testing.T) {
	l := NewLines([]byte("\ufeffaé\r\nb\n\nc"))
	for _, test := range []struct{ offset, line, column int }{{0, 1, 1}, {3, 1, 1}, {4, 1, 2}, {6, 1, 3}, {8, 2, 1}, {10, 3, 1}, {11, 4, 1}, {12, 4, 2}, {99, 4, 2}} {
		if line, column := l.Position(test.offset); line != test.line || column != test.column {
			t.Errorf("%d is at %d:%d, want %d:%d", test.offset, line, column, test.line, test.column)
		}
	}
	if got := fmt.Sprintf("%q %q %q %q %q", l.Line(0), l.Line(1), l.Line(3), l.Line(4), l.Line(5)); got != `"" "\ufeffaé" "" "c" ""` {
		t.Error(got)
	}
}

func TestParserIsReusable(t *testing.T) {
	src, err := os.ReadFile("testdata/nasty.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p := NewParser()
	doc := slices.Collect(Split(src))[0]
	if n := testing.AllocsPerRun(10, func() {
		if tree, err := p.Parse(src, doc); err != nil || tree.Fallback() {
			t.Fatal(err, tree)
		}
	}); n > 5 { // the kept and explicit block scalars
		t.Errorf("%v allocations", n)
	}
	if _, err := p.Parse(src, Document{5, 1}); err == nil {
		t.Error("a document that ends before it starts is accepted")
	}
}
