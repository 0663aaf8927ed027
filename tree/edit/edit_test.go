package edit_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree/edit"
)

// TestApply has a document, a change of it and what comes out.
func TestApply(t *testing.T) {
	set := func(path string, v any) []edit.Edit { return []edit.Edit{{Op: edit.Set, Path: path, Value: v}} }
	add := func(path string, v any) []edit.Edit { return []edit.Edit{{Op: edit.Append, Path: path, Value: v}} }
	remove := func(paths ...string) []edit.Edit {
		var out []edit.Edit
		for _, p := range paths {
			out = append(out, edit.Edit{Op: edit.Remove, Path: p})
		}
		return out
	}
	for _, c := range []struct {
		name  string
		doc   string
		edits []edit.Edit
		want  string // "" for the document as it was
	}{
		{"a value", "a: 1 # one\nb: 2\n", set("a", 3), "a: 3 # one\nb: 2\n"},
		{"a value in quotes", "a: 'x'\n", set("a", "it's"), "a: 'it''s'\n"},
		{"a value in double quotes", "a: \"x\"\n", set("a", "y"), "a: \"y\"\n"},
		{"a text that would be a number", "a: x\n", set("a", "1"), "a: \"1\"\n"},
		{"a text that would be a boolean", "a: x\n", set("a", "yes"), "a: \"yes\"\n"},
		{"an empty value", "a:\nb: 1\n", set("a", true), "a: true\nb: 1\n"},
		{"an empty value with a comment", "a: # why\nb: 1\n", set("a.c", true), "a: # why\n  c: true\nb: 1\n"},
		{"null", "a: null\nb: ~\n", set("b", 1), "a: null\nb: 1\n"},
		{"a block scalar", "a: |\n  x\n  y\nb: 1\n", set("a", "z"), "a: z\nb: 1\n"},
		{"a mapping by a value", "a:\n  b: 1\n  c: 2\nd: 3\n", set("a", 1), "a: 1\nd: 3\n"},
		{"a new key at the end", "a: 1\n", set("b", false), "a: 1\nb: false\n"},
		{"without a last line break", "a: 1", set("b", 2), "a: 1\nb: 2"},
		{"a new key in order", "a: 1\nc: 2 # see\nd: 3\n", set("cc", 2), "a: 1\nc: 2 # see\ncc: 2\nd: 3\n"},
		{"a new key below", "spec:\n  a: 1\nb: 2\n", set("spec.x.z", true), "spec:\n  a: 1\n  x:\n    z: true\nb: 2\n"},
		{"four spaces", "spec:\n    a: 1\n", set("spec.x.z", true), "spec:\n    a: 1\n    x:\n        z: true\n"},
		{"carriage returns", "spec:\r\n  a: 1\r\n", set("spec.b", 2), "spec:\r\n  a: 1\r\n  b: 2\r\n"},
		{"an empty mapping", "a: {} # none\nb: 1\n", set("a.x", 1), "a: # none\n  x: 1\nb: 1\n"},
		{"a mapping in brackets", "a: {b: 1, c: 2}\n", set("a.d", "x"), "a: {b: 1, c: 2, d: x}\n"},
		{"brackets without spaces", "a: {b: 1,c: 2}\n", set("a.d", 3), "a: {b: 1,c: 2,d: 3}\n"},
		{"below brackets", "a: {b: {}}\n", set("a.b.c.d", true), "a: {b: {c: {d: true}}}\n"},
		{"an item of a list", "l:\n- name: x\n  a: 1\n- name: y\n", set("l[1].a", 2), "l:\n- name: x\n  a: 1\n- name: y\n  a: 2\n"},
		{"an item of an indented list", "l:\n  - name: x\n  - name: y\nz: 1\n", set("l[0].c.d", true), "l:\n  - name: x\n    c:\n      d: true\n  - name: y\nz: 1\n"},
		{"behind a comment in the line", "l:\n- name: x # why\n- name: y\n", set("l[0].a", 1), "l:\n- name: x # why\n  a: 1\n- name: y\n"},
		{"behind a block scalar", "c:\n- run: |\n    a\n    b\n- x: 1\n", set("c[0].z", 1), "c:\n- run: |\n    a\n    b\n  z: 1\n- x: 1\n"},
		{"a list of words", "a: 1\n", set("l", []any{"ALL"}), "a: 1\nl: [ALL]\n"},
		{"a list as lists are here", "a:\n- x\nb: 1\n", set("l", []string{"ALL"}), "a:\n- x\nb: 1\nl:\n- ALL\n"},
		{"a list indented as lists are here", "a:\n  - x\nb: 1\n", set("l", []any{"ALL", "X"}), "a:\n  - x\nb: 1\nl:\n  - ALL\n  - X\n"},
		{"mappings in a list", "v:\n- name: a\n  x: {}\n", add("v", map[string]any{"name": "tmp", "emptyDir": map[string]any{}}), "v:\n- name: a\n  x: {}\n- name: tmp\n  emptyDir: {}\n"},
		{"one more item", "l:\n- a\n# end\n", add("l", "b"), "l:\n- a\n- b\n# end\n"},
		{"one more item in brackets", "l: [a, b] # c\n", add("l", "c d"), "l: [a, b, c d] # c\n"},
		{"one more item in none", "l: []\nx: 1\n", add("l", "a"), "l: [a]\nx: 1\n"},
		{"one more mapping in none", "l: []\nx: 1\n", add("l", map[string]any{"a": 1}), "l:\n- a: 1\nx: 1\n"},
		{"one more item of nothing", "x: 1\n", add("a.l", "b"), "x: 1\na:\n  l: [b]\n"},
		{"an item that is there", "l: [a, b]\n", add("l", "a"), ""},
		{"a value that is there", "a: 1\n", set("a", 1), ""},
		{"an entry", "a: 1\nb: 2 # two\nc: 3\n", remove("b"), "a: 1\nc: 3\n"},
		{"the first entry", "a: 1\nb: 2\n", remove("a"), "b: 2\n"},
		{"the last entry", "a: 1\nb: 2", remove("b"), "a: 1"},
		{"an entry of lines", "a: 1\nb:\n  c: 2\n  d: 3\n# of e\ne: 4\n", remove("b"), "a: 1\n# of e\ne: 4\n"},
		{"the first entry of an item", "l:\n- a: 1\n  b: 2\n", remove("l[0].a"), "l:\n- b: 2\n"},
		{"the only entry", "s:\n  a: 1\nx: 2\n", remove("s.a"), "s: {}\nx: 2\n"},
		{"the only entry of an item", "l:\n- a: 1\n", remove("l[0].a"), "l:\n- {}\n"},
		{"an item of a list", "l:\n- a\n- b\n- c\n", remove("l[1]"), "l:\n- a\n- c\n"},
		{"the first item", "l:\n- a: 1\n  b: 2\n- c\n", remove("l[0]"), "l:\n- c\n"},
		{"the only item", "l:\n- a\nx: 1\n", remove("l[0]"), "l: []\nx: 1\n"},
		{"in brackets", "a: {b: 1, c: 2}\nl: [x, y]\n", remove("a.b", "l[1]"), "a: {c: 2}\nl: [x]\n"},
		{"all in brackets", "l: [x]\n", remove("l[0]"), "l: []\n"},
		{"what is not there", "a: 1\n", remove("b.c", "a[3]"), ""},
		{"JSON in lines", "{\n  \"a\": 1,\n  \"b\": [\n    \"x\"\n  ]\n}\n", []edit.Edit{{Op: edit.Set, Path: "c", Value: "d"}, {Op: edit.Append, Path: "b", Value: "y"}}, "{\n  \"a\": 1,\n  \"b\": [\n    \"x\",\n    \"y\"\n  ],\n  \"c\": \"d\"\n}\n"},
		{"JSON in a line", `{"a":{"b":1}}`, set("a.c", "x"), `{"a":{"b":1, "c": "x"}}`},
		{"a key with dots", "m:\n  a: 1\n", set(`m["x.io/y"]`, "z"), "m:\n  a: 1\n  x.io/y: z\n"},
		{"several", "a:\n  b: 1\n", []edit.Edit{{Op: edit.Set, Path: "a.c.d", Value: true}, {Op: edit.Set, Path: "a.c.e", Value: 1}}, "a:\n  b: 1\n  c:\n    d: true\n    e: 1\n"},
		{"a document with its line", "---\n# head\na: 1\n", set("b", 1), "---\n# head\na: 1\nb: 1\n"},
		{"beside an anchor", "a: &x\n  b: 1\nc: *x\nd: 1\n", set("d", 2), "a: &x\n  b: 1\nc: *x\nd: 2\n"},
		{"over a merged key", "a: &x\n  b: 1\nc:\n  <<: *x\n  d: 1\n", set("c.e", 2), "a: &x\n  b: 1\nc:\n  <<: *x\n  d: 1\n  e: 2\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := edit.Apply([]byte(c.doc), c.edits)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == "" {
				want = c.doc
			}
			if string(got) != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			again, err := edit.Apply(got, c.edits)
			if err != nil || string(again) != string(got) && !strings.Contains(c.name, "item") {
				t.Errorf("the second time it is\n%s\n%v", again, err)
			}
		})
	}
}

// TestRefused has what cannot be changed without changing more.
func TestRefused(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		edit      edit.Edit
	}{
		{"through an alias", "a: &x\n  b: 1\nc: *x\n", edit.Edit{Path: "c.b", Value: 2}},
		{"of an anchor in use", "a: &x\n  b: 1\nc: *x\n", edit.Edit{Path: "a.b", Value: 2}},
		{"a merged value of mappings", "a: &x\n  b: {c: 1}\nd:\n  <<: *x\n", edit.Edit{Path: "d.b.c", Value: 2}},
		{"through a scalar", "a: text\n", edit.Edit{Path: "a.b", Value: 1}},
		{"an item that is not there", "l: [a]\n", edit.Edit{Path: "l[3].x", Value: 1}},
		{"of the document", "a: 1\n", edit.Edit{Op: edit.Remove}},
		{"what is no list", "a: 1\n", edit.Edit{Op: edit.Append, Path: "a", Value: 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := edit.Apply([]byte(c.doc), []edit.Edit{c.edit})
			var refused *edit.Refused
			if !errors.As(err, &refused) && !errors.Is(err, edit.ErrUnproven) {
				t.Errorf("got\n%s\n%v", got, err)
			}
		})
	}
}
