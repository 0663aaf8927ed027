package report

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/terminal"
)

var (
	privileged = &control.Control{
		ID: "privileged-container", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
		Title: "Do not run privileged containers", Scope: control.Containers,
		Remedy: "Set securityContext.privileged to false, or remove it.",
		Risk:   "Programs that drive devices stop working.",
		Refs:   control.Refs{PSS: "baseline", CIS: []string{"5.2.2"}, MITRE: []string{"T1611"}},
		Why: `A privileged container has every capability and every device of the node, and none of the usual confinement.
Whoever takes it over owns the node and every pod on it.`,
	}
	escalation = &control.Control{
		ID: "privilege-escalation-allowed", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
		Title: "Set allowPrivilegeEscalation: false", Scope: control.Containers,
		Remedy: "Set securityContext.allowPrivilegeEscalation to false.",
		Why:    "A setuid program in the image can make its caller root.",
	}
	readOnly = &control.Control{
		ID: "read-only-root-filesystem-missing", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
		Title: "Make the root filesystem read-only", Scope: control.Containers,
		Remedy: "Set securityContext.readOnlyRootFilesystem to true and mount an emptyDir where the program writes.",
		Why:    "A writable root filesystem lets an attacker change programs and leave tools behind.",
	}
	latest = &control.Control{
		ID: "image-tag-latest-or-missing", Section: "tags-digests", Layer: control.Images, Severity: control.Medium, Since: "0.1",
		Title: "Name images by an exact tag", Scope: control.Containers, Fix: control.Advice, NoFix: "nobody but you knows the tag",
		Remedy: "Name an exact tag, or better a digest.",
		Why:    "A tag that moves runs other code tomorrow than was tested today.",
	}
	registry = &control.Control{
		ID: "image-registry-not-allowed", Layer: control.Images, Severity: control.Low, Since: "0.1", Title: "Take images from your own registries",
	}
)

func example() *Run {
	return &Run{
		Version: "v0.1.0", KubernetesVersion: 37, FailOn: control.High, Time: "2026-02-03T04:05:06Z",
		Controls: []*control.Control{privileged, escalation, readOnly, latest, registry},
	}
}

// at makes the place of a part of a source line.
func at(file string, line int, source, part string) control.Place {
	before, _, found := strings.Cut(source, part)
	if !found {
		panic(part)
	}
	start := len([]rune(before)) + 1
	return control.Place{
		File: file, Line: line, Column: start, EndLine: line, EndColumn: start + len([]rune(part)), Offset: 40*line + len(before), Length: len(part),
	}
}

func files() []*File {
	const web, job = "deploy/web.yaml", "jobs/nightly import.yaml"
	app := control.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "shop", Name: "web", Container: "app", ContainerSort: "container"}
	name, yes, image := "      - name: app", "          privileged: true", `        image: "registry.example/社内/töol:latest" # 最新`
	importer := control.Ref{APIVersion: "batch/v1", Kind: "Job", Name: "nightly", Container: "importer", ContainerSort: "init container"}
	return []*File{
		{
			Path: web, Documents: 2, Objects: 2, Judged: 1,
			Findings: []control.Finding{
				{
					Control: readOnly, Status: control.Fail, Severity: control.Medium, Ref: app,
					Message: "securityContext.readOnlyRootFilesystem is missing", Path: "spec.template.spec.containers[0].securityContext.readOnlyRootFilesystem",
					Missing: true, Place: at(web, 17, name, "name: app"), Snippet: name, Remedy: readOnly.Remedy,
				},
				{
					Control: privileged, Status: control.Fail, Severity: control.Critical, Ref: app,
					Message: "securityContext.privileged is true", Path: "spec.template.spec.containers[0].securityContext.privileged",
					Value: "true", Place: at(web, 21, yes, "true"), Snippet: yes, Remedy: privileged.Remedy,
					Folded: []string{"privilege-escalation-allowed", "capabilities-not-dropped"},
				},
			},
		},
		{Path: "deploy/service.yaml", Documents: 1, Objects: 1},
		{
			Path: job, Documents: 2, Objects: 1, Judged: 1,
			Findings: []control.Finding{
				{
					Control: readOnly, Status: control.Fail, Severity: control.Medium, Ref: importer,
					Message: "securityContext.readOnlyRootFilesystem is missing", Path: "spec.template.spec.initContainers[0].securityContext.readOnlyRootFilesystem",
					Missing: true, Place: at(job, 9, image, "image"), Snippet: image, Remedy: readOnly.Remedy,
				},
				{
					Control: escalation, Status: control.Waived, Severity: control.High, Ref: importer,
					Message: "securityContext.allowPrivilegeEscalation is missing", Path: "spec.template.spec.initContainers[0].securityContext.allowPrivilegeEscalation",
					Missing: true, Place: at(job, 9, image, "image"), Snippet: image, Reason: "the importer needs sudo until 2027-01-31 (ops)",
				},
				{
					Control: latest, Status: control.Fail, Severity: control.Medium, Ref: importer,
					Message: "image has the tag latest", Path: "spec.template.spec.initContainers[0].image",
					Value: "registry.example/社内/töol:latest", Place: at(job, 9, image, `"registry.example/社内/töol:latest"`), Snippet: image, Remedy: latest.Remedy,
				},
			},
			Problems: []Problem{
				{Place: at(job, 31, "  labels: a: b", ": b"), Message: "mapping values are not allowed here", Snippet: "  labels: a: b"},
				{Place: control.Place{File: job}, Warning: true, Message: "the file has mixed line ends"},
			},
		},
	}
}

func summary(files []*File) *Summary {
	s := &Summary{
		Controls: []control.Counts{{1, 1}, {0, 1, 0, 0, 1}, {0, 2}, {1, 1}, {0, 0, 0, 2}}, Failed: true, NotConfigured: []*control.Control{registry},
		Time: "2026-02-03T04:05:07Z",
	}
	for _, f := range files {
		s.Add(f)
	}
	return s
}

func write(t testing.TB, w Writer, run *Run, files []*File, s *Summary) {
	t.Helper()
	if err := w.Begin(run); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := w.File(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.End(s); err != nil {
		t.Fatal(err)
	}
}

// render writes the example in a format.
func render(t testing.TB, format string, opts Options) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := New(format, &b, opts)
	if err != nil {
		t.Fatal(err)
	}
	write(t, w, example(), files(), summary(files()))
	return b.Bytes()
}

// TestGolden compares what the formats write with testdata; UPDATE_GOLDEN=1 writes the files anew.
func TestGolden(t *testing.T) {
	type golden struct {
		format string
		opts   Options
	}
	cases := map[string]golden{
		"pretty":    {"pretty", Options{}},
		"pretty-60": {"pretty", Options{Width: 60, Unicode: true}},
		"table":     {"table", Options{Width: 140, Unicode: true}},
		"table-80":  {"table", Options{Width: 80}},
	}
	for _, format := range Formats()[2:] { // people do not read the others: no option changes them
		cases[format] = golden{format, Options{}}
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := render(t, c.format, c.opts)
			golden := filepath.Join("testdata", name+".golden")
			if os.Getenv("UPDATE_GOLDEN") != "" {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs (UPDATE_GOLDEN=1 rewrites it). Got:\n%s", golden, got)
			}
			if again := render(t, c.format, c.opts); !bytes.Equal(got, again) {
				t.Error("the same run gave other bytes")
			}
		})
	}
}

func TestColorAddsNothing(t *testing.T) {
	for _, format := range []string{"pretty", "table"} {
		without := render(t, format, Options{Width: 120})
		with := render(t, format, Options{Width: 120, Color: true})
		if bytes.Equal(with, without) {
			t.Errorf("%s: no colours", format)
		}
		if got := uncolored(with); !bytes.Equal(got, without) {
			t.Errorf("%s: the text with colours is not the text without:\n%s", format, got)
		}
	}
}

func uncolored(b []byte) []byte {
	for _, st := range []style{bold, dim, red, yellow, blue, cyan, green, reset} {
		b = bytes.ReplaceAll(b, []byte(st), nil)
	}
	return b
}

func TestWidthIsKept(t *testing.T) {
	for _, format := range []string{"pretty", "table"} {
		for _, width := range []int{40, 60, 80, 109, 110, 200} {
			for line := range bytes.SplitSeq(render(t, format, Options{Width: width}), []byte("\n")) {
				if n := terminal.Width(line); n > width && !bytes.HasPrefix(line, []byte("  -->")) && !bytes.HasPrefix(line, []byte("About a control")) && width >= 60 {
					t.Errorf("%s at %d: %d columns: %s", format, width, n, line)
				}
			}
		}
	}
}

func TestCleanRun(t *testing.T) {
	var b bytes.Buffer
	run := example()
	s := &Summary{Controls: []control.Counts{{2}, {2}, {2}, {2}, {2}}}
	file := &File{Path: "a.yaml", Documents: 3, Objects: 3, Judged: 2}
	s.Add(file)
	write(t, NewPretty(&b, PrettyOptions{}), run, []*File{file}, s)
	for _, want := range []string{
		"Looked at 1 file, 3 documents, 3 Kubernetes objects (2 judged) with 5 controls", "for Kubernetes 1.37", "No findings.",
		"No control of this run looks at: cluster, rbac,",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
}

func TestWorstFirst(t *testing.T) {
	var b bytes.Buffer
	file := &File{Path: "a.yaml", Objects: 1, Judged: 1}
	for line, c := range []*control.Control{registry, readOnly, readOnly, escalation, privileged, latest, privileged, registry, latest, readOnly, escalation} {
		place := control.Place{File: "a.yaml", Line: line + 1, Column: 3}
		file.Findings = append(file.Findings, control.Finding{Control: c, Status: control.Fail, Severity: c.Severity, Place: place})
	}
	s := &Summary{Controls: make([]control.Counts, 5)}
	s.Add(file)
	write(t, NewPretty(&b, PrettyOptions{}), example(), []*File{file}, s)
	const want = `
The worst, to start with
  critical  a.yaml:5:3 [privileged-container]
  high      a.yaml:4:3 [privilege-escalation-allowed]
  medium    a.yaml:2:3 [read-only-root-filesystem-missing]
  medium    a.yaml:6:3 [image-tag-latest-or-missing]
  low       a.yaml:1:3 [image-registry-not-allowed]
`
	if !strings.Contains(b.String(), want) {
		t.Errorf("got\n%s", &b)
	}
}

func TestNewAndMulti(t *testing.T) {
	if _, err := New("yaml", io.Discard, Options{}); err == nil || !strings.Contains(err.Error(), "pretty, table, json, sarif") {
		t.Errorf("unknown format: %v", err)
	}
	var buffers [2]bytes.Buffer
	writers := []Writer{NewJSON(&broken{}), NewJSON(&buffers[0]), NewSARIF(&buffers[1])}
	m := Multi(writers...)
	if m.Begin(example()) == nil {
		t.Error("the error of the first writer is lost")
	}
	for _, f := range files() {
		_ = m.File(f)
	}
	if m.End(summary(files())) == nil {
		t.Error("the error of the first writer is lost")
	}
	if !bytes.Equal(buffers[0].Bytes(), render(t, "json", Options{})) || !bytes.Equal(buffers[1].Bytes(), render(t, "sarif", Options{})) {
		t.Error("a broken writer changes what the others write")
	}
}

type broken struct{}

func (*broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func BenchmarkWriters(b *testing.B) {
	all := files()
	var findings []control.Finding
	for len(findings) < 1000 {
		findings = append(findings, all[0].Findings...)
		findings = append(findings, all[2].Findings...)
	}
	file := *all[0]
	file.Findings = findings[:1000]
	run, s := example(), summary(all)
	for _, format := range Formats() {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w, err := New(format, io.Discard, Options{Width: 120})
				if err != nil {
					b.Fatal(err)
				}
				if err := w.Begin(run); err != nil {
					b.Fatal(err)
				}
				for range 100 {
					if err := w.File(&file); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.End(s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/finding")
		})
	}
}
