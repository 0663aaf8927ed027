package report

import (
	"bytes"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kubeharden/kubeharden/control"
)

// TestFixesAreTold writes findings with fixes of all shapes: both formats keep to their schemas, and say the bytes exactly.
func TestFixesAreTold(t *testing.T) {
	c := &control.Control{ID: "a-b", Title: "Do it", Risk: "Old programs fail.", Severity: control.High}
	place := control.Place{File: "dir/a b.yaml", Line: 3, Column: 2, EndLine: 3, EndColumn: 4, Offset: 20, Length: 2}
	empty := control.Place{File: "dir/a b.yaml", Line: 5, Column: 1, EndLine: 5, EndColumn: 1, Offset: 40}
	file := &File{Path: "dir/a b.yaml", Documents: 1, Objects: 1, Judged: 1, Findings: []control.Finding{
		{Control: c, Status: control.Fail, Severity: control.High, Place: place, Message: "m", Fix: &control.Fix{
			Risk: control.Safe,
			Edits: []control.DocumentEdit{
				{Op: control.Set, Path: "spec.a", Value: map[string]any{"b": []any{"x", true, 3}}}, {Op: control.Remove, Path: "spec.b[0]"}, {Op: control.Append, Path: "c", Value: "\"<"},
			},
			Replacements: []control.Replacement{{Place: place, Text: "né\n\"w"}, {Place: empty, Text: "b"}, {Place: place}},
		}},
		{Control: c, Status: control.Fail, Severity: control.High, Place: place, Message: "m", Fix: &control.Fix{Edits: []control.DocumentEdit{{Op: control.Remove, Path: "a"}}}},
		{Control: c, Status: control.Fail, Severity: control.High, Place: place, Message: "m"},
	}}
	run := &Run{Controls: []*control.Control{c}}
	sum := &Summary{Controls: make([]control.Counts, 1)}
	for format, wants := range map[string][]string{
		"json": {
			`"fix":{"risk":"safe","mayBreak":"Old programs fail.","edits":[{"op":"set","path":"spec.a","value":{"b":["x",true,3]}},{"op":"remove","path":"spec.b[0]"},`,
			`"fix":{"risk":"review","mayBreak":"Old programs fail.","edits":[{"op":"remove","path":"a"}]}`,
		},
		"sarif": {
			`"fixes":[{"description":{"text":"Do it (safe). Old programs fail."},"artifactChanges":[{"artifactLocation":{"uri":"dir/a%20b.yaml","uriBaseId":"%SRCROOT%"},"replacements":[` +
				`{"deletedRegion":{"startLine":3,"startColumn":2,"endLine":3,"endColumn":4,"byteOffset":20,"byteLength":2},"insertedContent":{"text":"né\n\"w"}},`,
			`{"deletedRegion":{"startLine":3,"startColumn":2,"endLine":3,"endColumn":4,"byteOffset":20,"byteLength":2}}]}]}]`,
		},
	} {
		var b bytes.Buffer
		w, err := New(format, &b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, run, []*File{file}, sum)
		if err := validate(map[string]*jsonschema.Schema{"json": jsonSchema(t), "sarif": sarifSchemaFile(t)}[format], b.Bytes()); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		for _, want := range wants {
			if !bytes.Contains(b.Bytes(), []byte(want)) {
				t.Errorf("%s lacks\n%s\nin\n%s", format, want, b.Bytes())
			}
		}
	}
}
