package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/kubeharden/kubeharden/control"
)

// schema reads a JSON schema. A strict one refuses members that it does not name, so that none goes undocumented.
func schema(t testing.TB, path string, strict bool) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if strict {
		refuseOthers(doc)
	}
	return compile(t, doc)
}

func compile(t testing.TB, doc any) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("mem:schema", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("mem:schema")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func refuseOthers(schema any) {
	switch s := schema.(type) {
	case map[string]any:
		if _, ok := s["properties"].(map[string]any); ok && s["type"] == "object" {
			s["additionalProperties"] = false
		}
		for _, v := range s {
			refuseOthers(v)
		}
	case []any:
		for _, v := range s {
			refuseOthers(v)
		}
	}
}

func validate(s *jsonschema.Schema, text []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(doc)
}

func jsonSchema(t testing.TB) *jsonschema.Schema {
	return schema(t, "../docs/schema/report-v1.json", true)
}

func sarifSchemaFile(t testing.TB) *jsonschema.Schema {
	return schema(t, "testdata/sarif-schema-2.1.0.json", false)
}

// schemas returns the schemas of the formats that have one.
func schemas(t testing.TB) map[string]*jsonschema.Schema {
	return map[string]*jsonschema.Schema{
		"json": jsonSchema(t), "sarif": sarifSchemaFile(t),
		"gitlab":       schema(t, "testdata/gitlab-code-quality.json", false),
		"gitlab-sast":  schema(t, "testdata/gitlab-sast-15.0.7.json", false),
		"oscal":        schema(t, "testdata/oscal-assessment-results-1.1.3.json", false),
		"openreports":  reportSchema(t, "openreports.io/v1alpha1", "Report"),
		"policyreport": reportSchema(t, "wgpolicyk8s.io/v1alpha2", "PolicyReport", "source", "configuration"),
	}
}

// reportSchema makes the schema of a List of reports of that of openreports.io, without the members that an API does not have.
func reportSchema(t testing.TB, apiVersion, kind string, without ...string) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile("testdata/openreports-v1alpha1.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	report := doc.(map[string]any)
	properties := report["properties"].(map[string]any)
	for _, name := range without {
		delete(properties, name)
	}
	refuseOthers(report)
	delete(properties["metadata"].(map[string]any), "additionalProperties")
	properties["apiVersion"] = map[string]any{"const": apiVersion}
	properties["kind"] = map[string]any{"enum": []any{kind, "Cluster" + kind}}
	return compile(t, map[string]any{
		"type": "object", "additionalProperties": false,
		"required":   []any{"apiVersion", "kind", "items"},
		"properties": map[string]any{"apiVersion": map[string]any{"const": "v1"}, "kind": map[string]any{"const": "List"}, "items": map[string]any{"type": "array", "items": report}},
	})
}

func TestSchemas(t *testing.T) {
	for format, s := range schemas(t) {
		if err := validate(s, render(t, format, Options{})); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		var b bytes.Buffer
		w, err := New(format, &b, Options{})
		if err != nil {
			t.Fatal(err)
		}
		write(t, w, &Run{FailOnNone: true}, nil, &Summary{})
		if err := validate(s, b.Bytes()); err != nil {
			t.Errorf("%s of nothing: %v", format, err)
		}
		if err := validate(s, []byte(`{"schemaVersion":"1","version":"2.1.0"}`)); err == nil {
			t.Errorf("%s: the schema takes everything", format)
		}
	}
}

// Only what a consumer of SARIF reads.
type sarifLog struct {
	Runs []struct {
		Results []struct {
			RuleID    string
			RuleIndex int
			Kind      string
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI, URIBaseID string }
				}
				LogicalLocations []struct{ Name, FullyQualifiedName, Kind string }
			}
			PartialFingerprints map[string]string
			Suppressions        []struct{ Justification string }
			Properties          struct{ Path, Value, Reason string }
		}
		Invocations []struct {
			ExecutionSuccessful        bool
			ToolExecutionNotifications []struct{ Message struct{ Text string } }
		}
	}
}

func readSARIF(t testing.TB, text []byte) *sarifLog {
	t.Helper()
	log := &sarifLog{}
	if err := json.Unmarshal(text, log); err != nil {
		t.Fatal(err)
	}
	return log
}

func TestSARIFContent(t *testing.T) {
	run := readSARIF(t, render(t, "sarif", Options{})).Runs[0]
	if len(run.Results) != 5 || run.Invocations[0].ExecutionSuccessful || len(run.Invocations[0].ToolExecutionNotifications) != 2 {
		t.Fatalf("results or notifications: %+v", run)
	}
	first := run.Results[4]
	location := first.Locations[0]
	if got := location.PhysicalLocation.ArtifactLocation; got.URI != "jobs/nightly%20import.yaml" || got.URIBaseID != "%SRCROOT%" {
		t.Errorf("artifact location %+v", got)
	}
	if l := location.LogicalLocations; l[0].FullyQualifiedName != "Job/nightly" || l[1].FullyQualifiedName != "Job/nightly/importer" {
		t.Errorf("logical locations %+v", l)
	}
	if l := run.Results[0].Locations[0].LogicalLocations; l[0].FullyQualifiedName != "Deployment/shop/web" {
		t.Errorf("logical locations %+v", l)
	}
	if w := run.Results[3]; w.Kind != "fail" || len(w.Suppressions) != 1 || w.Suppressions[0].Justification == "" {
		t.Errorf("waived: %+v", w)
	}
	for _, r := range run.Results {
		if r.Level != map[string]string{"privileged-container": "error", "privilege-escalation-allowed": "error"}[r.RuleID] && r.Level != "warning" {
			t.Errorf("%s has the level %s", r.RuleID, r.Level)
		}
		if example().Controls[r.RuleIndex].ID != r.RuleID {
			t.Errorf("%s has the index %d", r.RuleID, r.RuleIndex)
		}
	}
}

func TestFileURI(t *testing.T) {
	for path, want := range map[string]string{
		"a/b.yaml": "a/b.yaml", "./a.yaml": "a.yaml", "../a.yaml": "../a.yaml", "/etc/a b.yaml": "file:///etc/a%20b.yaml", "c:d%?#.yaml": "c%3Ad%25%3F%23.yaml",
		"ö.yaml": "%C3%B6.yaml", "\xff": "%FF", "<stdin>": "%3Cstdin%3E",
	} {
		if got := fileURI(path); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
}

func TestFingerprints(t *testing.T) {
	base := files()[0].Findings[1]
	same := func(name string, want bool, change func(*control.Finding) string) {
		t.Helper()
		f := base
		path := change(&f)
		if got := fingerprint(&f, path) == fingerprint(&base, "deploy/web.yaml"); got != want {
			t.Errorf("%s: same is %v", name, got)
		}
	}
	const web = "deploy/web.yaml"
	same("place", true, func(f *control.Finding) string { f.Place = control.Place{Line: 99}; f.Snippet = ""; return web })
	same("another index", true, func(f *control.Finding) string {
		f.Path = "spec.template.spec.containers[7].securityContext.privileged"
		return web
	})
	same("file written otherwise", true, func(*control.Finding) string { return "./" + web })
	same("file", false, func(*control.Finding) string { return "other.yaml" })
	same("container", false, func(f *control.Finding) string { f.Ref.Container = "b"; return web })
	same("object", false, func(f *control.Finding) string { f.Ref.Name = "b"; return web })
	same("field", false, func(f *control.Finding) string { f.Path += "x"; return web })
	same("control", false, func(f *control.Finding) string { f.Control = readOnly; return web })
	base.Path, base.Value = "spec.template.spec.containers[0].securityContext.capabilities.add[0]", "SYS_ADMIN"
	same("item moved", true, func(f *control.Finding) string {
		f.Path = "spec.template.spec.containers[1].securityContext.capabilities.add[3]"
		return web
	})
	same("another item", false, func(f *control.Finding) string { f.Value = "NET_RAW"; return web })

	// Equal ones in one file are told apart, and are the same in the next run.
	file := files()[0]
	file.Findings = append(file.Findings, file.Findings[0])
	var b bytes.Buffer
	write(t, NewSARIF(&b), example(), []*File{file}, summary(files()))
	r := readSARIF(t, b.Bytes()).Runs[0].Results
	if p, q := r[0].PartialFingerprints["kubeharden/v1"], r[2].PartialFingerprints["kubeharden/v1"]; q != p+":2" {
		t.Errorf("%s and %s", p, q)
	}
}

// FuzzEscape puts arbitrary bytes into all texts: every format stays valid, JSON and SARIF keep the text, and no byte of it reaches
// a terminal as more than text.
func FuzzEscape(f *testing.F) {
	f.Add("plain", 1, 3, 40)
	f.Add("\x1b[31mred\x1b]0;title\a\r\n\"\\/\u2028", 4, 2, 80)
	f.Add("a\xff\xc0\x80\u202e\u0085\x7f[x](y){0}", 2, 300, 0)
	f.Add(strings.Repeat("社\t", 200), 150, 155, 60)
	f.Add("=1+2;@x\\|`b`</td>\ufffe]]>&::error::%0A,", 1, 1, 100)
	schemas := schemas(f)
	f.Fuzz(func(t *testing.T, s string, from, upTo, width int) {
		from, upTo, width = from&0xffff, upTo&0xffff, width&0xff
		place := control.Place{File: s, Line: 1 + from%3000, Column: from + 1, EndLine: 1 + from%3000, EndColumn: upTo + 1, Offset: from, Length: len(s)}
		c := &control.Control{ID: "some-control", Title: s, Why: s, Risk: s, Remedy: s, Refs: control.Refs{MITRE: []string{s}}}
		run := &Run{Version: s, Controls: []*control.Control{c}}
		finding := control.Finding{
			Control: c, Ref: control.Ref{APIVersion: s, Kind: s, Namespace: s, Name: s, Container: s, ContainerSort: s},
			Message: s, Path: s, Value: s, Place: place, Snippet: s, Remedy: s, Containers: []string{s, s}, Folded: []string{s}, Reason: s,
		}
		file := &File{Path: s, Problems: []Problem{{Place: place, Message: s, Snippet: s}, {Warning: true, Message: s}}}
		for i, status := range control.Statuses() {
			finding.Status = status
			finding.Ref.Name = s + fmt.Sprint(i)
			file.Findings = append(file.Findings, finding)
		}
		sum := &Summary{Controls: make([]control.Counts, 1), NotConfigured: []*control.Control{c}}
		sum.Add(file)
		out := func(format string, opts Options) []byte {
			var b bytes.Buffer
			w, err := New(format, &b, opts)
			if err != nil {
				t.Fatal(err)
			}
			write(t, w, run, []*File{file}, sum)
			return b.Bytes()
		}
		want := string([]rune(s)) // invalid bytes replaced

		text := out("json", Options{})
		if err := validate(schemas["json"], text); err != nil {
			t.Fatalf("JSON: %v", err)
		}
		var doc struct {
			Files []struct {
				Path     string
				Findings []struct {
					Message, Path, Value, Container, Remedy, Reason string
					Object                                          struct{ Kind, Namespace string }
					Folded                                          []string
				}
			}
		}
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		g := doc.Files[0].Findings[0]
		for _, got := range []string{doc.Files[0].Path, g.Message, g.Path, g.Value, g.Container, g.Remedy, g.Reason, g.Object.Kind, g.Object.Namespace, g.Folded[0]} {
			if got != want {
				t.Fatalf("JSON: %q, want %q", got, want)
			}
		}

		text = out("sarif", Options{})
		if err := validate(schemas["sarif"], text); err != nil {
			t.Fatalf("SARIF: %v", err)
		}
		r := readSARIF(t, text).Runs[0].Results[0]
		if r.Message.Text != noLinks(want) || r.Properties.Path != want || r.Properties.Value != want {
			t.Fatalf("SARIF: %+v, want %q", r, want)
		}

		for _, format := range Formats()[4:] {
			text := out(format, Options{})
			if s := schemas[format]; s != nil {
				if err := validate(s, text); err != nil {
					t.Fatalf("%s: %v", format, err)
				}
			} else if err := readers[format](text); err != nil {
				t.Fatalf("%s: %v\n%q", format, err, text)
			}
		}

		for _, format := range []string{"pretty", "table"} {
			for _, color := range []bool{false, true} {
				shown := out(format, Options{Width: width, Color: color})
				if color {
					shown = uncolored(shown)
				}
				if !utf8.Valid(shown) {
					t.Fatalf("%s is not UTF-8: %q", format, shown)
				}
				for _, c := range string(shown) {
					if c != '\n' && unicode.In(c, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
						t.Fatalf("%s lets %U through: %q", format, c, shown)
					}
				}
			}
		}
	})
}
