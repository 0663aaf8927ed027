package engine_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/tree"
	"github.com/kubeharden/kubeharden/waiver"
)

// inputs are files in memory.
func inputs(files ...string) iter.Seq[engine.Input] {
	return func(yield func(engine.Input) bool) {
		for i := 0; i+1 < len(files); i += 2 {
			text := files[i+1]
			in := engine.Input{Path: files[i], Read: func() ([]byte, error) { return []byte(text), nil }}
			if !yield(in) {
				return
			}
		}
	}
}

// scan judges files in memory and returns what the sink got.
func scan(t *testing.T, opts engine.Options, files ...string) ([]report.File, *report.Summary) {
	t.Helper()
	var got []report.File
	summary, err := engine.Scan(t.Context(), inputs(files...), &opts, func(f *report.File) error {
		got = append(got, *f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, summary
}

var privileged = control.Control{
	ID: "test-privileged", Severity: control.Medium, Layer: control.Pods, Scope: control.Containers,
	Require:    control.Not("securityContext.privileged", true),
	Suppresses: []string{"test-escalation"},
}

var escalation = control.Control{
	ID: "test-escalation", Severity: control.High, Layer: control.Pods, Scope: control.Containers,
	Require: control.Is("securityContext.allowPrivilegeEscalation", false),
}

var nonRoot = control.Control{
	ID: "test-non-root", Severity: control.High, Layer: control.Pods, Scope: control.Containers,
	Require:    control.Inherit("securityContext.runAsNonRoot", control.Is("securityContext.runAsNonRoot", true)),
	RequirePod: control.Not("securityContext.runAsNonRoot", false),
}

var hostPath = control.Control{
	ID: "test-host-path", Severity: control.High, Layer: control.Pods, Scope: control.PodSpecs,
	Require:    control.Each("volumes", nil, control.Absent("hostPath")),
	Suppresses: []string{"test-volume"},
}

var volume = control.Control{
	ID: "test-volume", Severity: control.Low, Layer: control.Pods, Scope: control.PodSpecs,
	Require: control.Each("volumes", nil, control.Present("emptyDir", nil)),
}

func TestScanPlacesFindings(t *testing.T) {
	const text = `# a comment
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec:
  containers:
  - name: app
    securityContext:
      privileged: yes
  - name: other
`
	opts := engine.Options{Controls: []*control.Control{&privileged, &escalation}, NoFold: true}
	files, summary := scan(t, opts, "pod.yaml", text)
	if len(files) != 1 || len(files[0].Problems) != 0 {
		t.Fatalf("files: %+v", files)
	}
	type place struct {
		id, path, value, container string
		missing                    bool
		line, column, endColumn    int
		bytes                      string
	}
	var got []place
	for _, f := range files[0].Findings {
		got = append(got, place{
			f.Control.ID, f.Path, f.Value, f.Ref.Container, f.Missing, f.Place.Line, f.Place.Column, f.Place.EndColumn,
			text[f.Place.Offset : f.Place.Offset+f.Place.Length],
		})
	}
	want := []place{
		{"test-escalation", "spec.containers[0].securityContext.allowPrivilegeEscalation", "", "app", true, 8, 5, 20, "securityContext"},
		{"test-privileged", "spec.containers[0].securityContext.privileged", "yes", "app", false, 9, 19, 22, "yes"},
		{"test-escalation", "spec.containers[1].securityContext.allowPrivilegeEscalation", "", "other", true, 10, 5, 16, "name: other"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if ref := files[0].Findings[0].Ref.String(); ref != "Pod/shop/web" {
		t.Errorf("ref %q", ref)
	}
	if summary.Controls[0][control.Fail] != 1 || summary.Controls[0][control.Pass] != 1 || summary.Controls[1][control.Fail] != 2 {
		t.Errorf("counts %v", summary.Controls)
	}
}

func TestFoldKeepsTheHighestSeverity(t *testing.T) {
	const text = `{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, securityContext: {privileged: true}}]}}`
	files, summary := scan(t, engine.Options{Controls: []*control.Control{&escalation, &privileged}}, "a.yaml", text)
	if len(files[0].Findings) != 1 {
		t.Fatalf("findings %+v", files[0].Findings)
	}
	f := files[0].Findings[0]
	if f.Control.ID != "test-privileged" || f.Severity != control.High || !slices.Equal(f.Folded, []string{"test-escalation"}) {
		t.Errorf("got %s %s %v", f.Control.ID, f.Severity, f.Folded)
	}
	if summary.BySeverity[control.High] != 1 {
		t.Errorf("severities %v", summary.BySeverity)
	}
}

func TestFoldIsPerListItem(t *testing.T) {
	const text = `apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  volumes:
  - {name: x, hostPath: {path: /}}
  - {name: y, nfs: {server: s, path: /}}
`
	files, _ := scan(t, engine.Options{Controls: []*control.Control{&hostPath, &volume}}, "a.yaml", text)
	var got []string
	for _, f := range files[0].Findings {
		got = append(got, f.Control.ID+" "+f.Path)
	}
	want := []string{"test-host-path spec.volumes[0].hostPath", "test-volume spec.volumes[1].emptyDir"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestInheritedMistakeIsToldOnce(t *testing.T) {
	const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
spec:
  template:
    spec:
      securityContext: {runAsNonRoot: false}
      containers:
      - name: one
      - name: two
      - {name: three, securityContext: {runAsNonRoot: true}}
`
	files, summary := scan(t, engine.Options{Controls: []*control.Control{&nonRoot}}, "a.yaml", text)
	if len(files[0].Findings) != 1 {
		t.Fatalf("findings %+v", files[0].Findings)
	}
	f := files[0].Findings[0]
	if f.Ref.Container != "" || !slices.Equal(f.Containers, []string{"one", "two"}) || f.Path != "spec.template.spec.securityContext.runAsNonRoot" {
		t.Errorf("got %+v", f)
	}
	if f.Message != "securityContext.runAsNonRoot is false" {
		t.Errorf("message %q", f.Message)
	}
	if c := summary.Controls[0]; c[control.Fail] != 2 || c[control.Pass] != 1 {
		t.Errorf("counts %v", c)
	}
}

func TestBrokenDocumentDoesNotHideItsNeighbours(t *testing.T) {
	const text = "kind: Pod\napiVersion: v1\nspec: {containers: [{name: a}]}\n---\nkind: [Pod\n---\nkind: Pod\napiVersion: v1\nspec: {containers: [{name: b}]}\n"
	files, summary := scan(t, engine.Options{Controls: []*control.Control{&escalation}}, "a.yaml", text)
	if len(files[0].Findings) != 2 || summary.Errors != 1 {
		t.Fatalf("%d findings, %d errors", len(files[0].Findings), summary.Errors)
	}
	if p := files[0].Problems[0]; p.Place.Line < 5 || p.Place.Line > 6 {
		t.Errorf("problem at line %d: %s", p.Place.Line, p.Message)
	}
}

func TestMalformedWorkloadIsTold(t *testing.T) {
	const text = "kind: Pod\napiVersion: v1\nmetadata: {name: p}\nspec: {containers: {name: a}}\n"
	_, summary := scan(t, engine.Options{Controls: []*control.Control{&escalation}}, "a.yaml", text)
	if summary.Errors != 1 {
		t.Errorf("errors %d, want 1", summary.Errors)
	}
}

func TestOrderDoesNotDependOnWorkers(t *testing.T) {
	var in []string
	for i := range 200 {
		name := string(rune('a'+i%26)) + string(rune('a'+i/26)) + ".yaml"
		in = append(in, name, "kind: Pod\napiVersion: v1\nmetadata: {name: "+name+"}\nspec: {containers: [{name: a}]}\n")
	}
	one, _ := scan(t, engine.Options{Controls: []*control.Control{&escalation}, Jobs: 1}, in...)
	many, _ := scan(t, engine.Options{Controls: []*control.Control{&escalation}, Jobs: 8}, in...)
	if len(one) != 200 || len(many) != 200 {
		t.Fatalf("%d and %d files", len(one), len(many))
	}
	for i := range one {
		if one[i].Path != in[2*i] || many[i].Path != in[2*i] {
			t.Fatalf("file %d is %s and %s, want %s", i, one[i].Path, many[i].Path, in[2*i])
		}
	}
}

func TestCancelledScanEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	endless := func(yield func(engine.Input) bool) {
		for {
			if !yield(engine.Input{Path: "x.yaml", Read: func() ([]byte, error) { return nil, nil }}) {
				return
			}
		}
	}
	n := 0
	_, err := engine.Scan(ctx, endless, &engine.Options{Controls: []*control.Control{&escalation}}, func(*report.File) error {
		if n++; n == 10 {
			cancel()
		}
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
}

func TestMissingParameterIsNotAPass(t *testing.T) {
	c := escalation
	c.Params = []control.Param{{Name: "p", Doc: "d"}}
	_, summary := scan(t, engine.Options{Controls: []*control.Control{&c}}, "a.yaml", "kind: Pod\napiVersion: v1\nspec: {containers: [{name: a}]}\n")
	if summary.Controls[0][control.NotApplicable] != 1 || summary.Controls[0][control.Pass] != 0 || len(summary.NotConfigured) != 1 {
		t.Errorf("counts %v, not configured %v", summary.Controls[0], summary.NotConfigured)
	}
}

var args = control.Control{
	ID: "test-args", Severity: control.High, Layer: control.Pods, Scope: control.Containers,
	Require: &control.Func{Text: "no passwords", Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		for _, item := range at.Get("args").Items() {
			if strings.HasPrefix(item.Text(), "--password=") && !fail(control.Violation{At: item, Problem: "is a password", Secret: true}) {
				return
			}
		}
	}},
}

var argsToo = control.Control{
	ID: "test-args-too", Severity: control.High, Layer: control.Pods, Scope: control.Containers,
	Require: &control.Func{Text: "no args", Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		for _, item := range at.Get("args").Items() {
			if !fail(control.Violation{At: item, Problem: "is " + item.Text()}) {
				return
			}
		}
	}},
}

func TestSecretsAreNotTold(t *testing.T) {
	// The line is shown for what is missing in it, and no control looks for secrets.
	const token = "ghp_q7Rk2Lz9Xw4Tn8Vb3Mc6Hd1Yf5Jg0PsKeUaWiO4r"
	files, _ := scan(t, engine.Options{Controls: []*control.Control{&escalation}}, "a.yaml",
		"{apiVersion: v1, kind: Pod, spec: {containers: [{name: c, args: ["+token+"]}]}}")
	if all := fmt.Sprintf("%+v", files[0].Findings); len(files[0].Findings) != 1 || strings.Contains(all, token) {
		t.Errorf("findings %s", all)
	}
	for _, text := range []string{
		`{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, args: ["--password=hünter2", --verbose, "--password=other9"], securityContext: {privileged: true}}]}}`,
		"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    args: [ä, '--password=hünter2', --verbose]\n",
		"apiVersion: v1\nkind: Secret\nstringData: {a: hünter2}\n---\n{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret, data: {a: hünter2}}, {apiVersion: v1, kind: Pod, spec: {containers: [{name: c}]}}]}",
	} {
		files, _ := scan(t, engine.Options{Controls: []*control.Control{&args, &argsToo, &privileged, &escalation}}, "a.yaml", text)
		if len(files[0].Findings) == 0 {
			t.Errorf("no findings in %s", text)
		}
		for _, f := range files[0].Findings {
			if all := fmt.Sprintf("%+v", f); strings.Contains(all, "nter2") || strings.Contains(all, "other9") {
				t.Errorf("the password is in %s", all)
			}
			if part := []rune(f.Snippet); f.Place.Line == f.Place.EndLine && f.Place.EndColumn > len(part)+1 {
				t.Errorf("%s: the range ends at column %d of %q", f.Control.ID, f.Place.EndColumn, f.Snippet)
			}
		}
	}
}

func TestRenderedPlaces(t *testing.T) {
	const text = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    securityContext:\n      privileged: true\n"
	template := map[int]string{5: "  - name: {{ .Values.name }}", 6: "    securityContext:", 7: "    {{- toYaml .Values.securityContext | nindent 6 }}"}
	in := func(yield func(engine.Input) bool) {
		yield(engine.Input{
			Path: "chart/templates/pod.yaml",
			Read: func() ([]byte, error) { return []byte(text), nil },
			Origin: func(line int) (string, int, string, bool) {
				text, ok := template[line]
				return "chart/templates/pod.yaml", line + 10, text, ok
			},
		})
	}
	var got []string
	opts := &engine.Options{Controls: []*control.Control{&privileged, &escalation}, NoFold: true}
	_, err := engine.Scan(t.Context(), in, opts, func(f *report.File) error {
		for _, f := range f.Findings {
			got = append(got, fmt.Sprintf("%s:%d:%d-%d %s %v", f.Place.File, f.Place.Line, f.Place.Column, f.Place.EndColumn, f.Snippet, f.Place.Rendered))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"chart/templates/pod.yaml:16:5-20     securityContext: true",
		"chart/templates/pod.yaml:17:5-54     {{- toYaml .Values.securityContext | nindent 6 }} true",
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestWaivedSubjectsAreCounted(t *testing.T) {
	const text = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
  annotations:
    kubeharden.io/waive.test-privileged: "needs the device; container: one"
spec:
  template:
    spec:
      containers:
      - {name: one, securityContext: {privileged: true}}
      - {name: two, securityContext: {privileged: true}}
`
	all := []*control.Control{&privileged, &escalation}
	find := func(id string) []*control.Control {
		for _, c := range all {
			if c.ID == id {
				return []*control.Control{c}
			}
		}
		return nil
	}
	opts := engine.Options{Controls: all, Waivers: waiver.NewSet(nil, &waiver.Options{Known: waiver.Known{Controls: all, Find: find}, Now: time.Now()})}
	files, summary := scan(t, opts, "a.yaml", text)
	var got []string
	for _, f := range files[0].Findings {
		got = append(got, f.Ref.Container+" "+f.Control.ID+" "+f.Status.String())
	}
	if want := []string{"one test-privileged waived", "two test-privileged fail"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v; problems %v", got, want, files[0].Problems)
	}
	// What the waived finding implies is waived with it.
	for i, c := range summary.Controls {
		if c[control.Fail] != 1 || c[control.Waived] != 1 {
			t.Errorf("%s: %v", all[i].ID, c)
		}
	}
}

// TestKeysAndCredentialsAreNotTold shows lines of files that hold keys, for what is wrong beside them.
func TestKeysAndCredentialsAreNotTold(t *testing.T) {
	whole := control.Control{ID: "test-whole", Severity: control.High, Scope: control.Objects, Kinds: []control.Kind{
		{Group: "apiserver.config.k8s.io", Kind: "EncryptionConfiguration"}, {Kind: "EncryptionConfig"}, {Kind: "Config"},
	}, Require: &control.Func{Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		for _, list := range [...]string{"resources", "users"} {
			for _, item := range at.Get(list).Items() {
				for _, v := range item.Pairs() {
					if !fail(control.Violation{At: v, Problem: "is " + control.Show(v)}) {
						return
					}
				}
			}
		}
	}}}
	for _, text := range []string{
		"{apiVersion: apiserver.config.k8s.io/v1, kind: EncryptionConfiguration, resources: [{resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: hünter2}]}}, {rot13: {keys: [{secret: other9}]}}]}]}",
		"apiVersion: v1\nkind: EncryptionConfig\nresources:\n- resources: [secrets]\n  providers: [{secretbox: {keys: [{name: a, secret: hünter2}]}}]\n",
		"{apiVersion: v1, kind: Config, users: [{name: a, user: {token: hünter2, password: other9, client-key-data: hünter2}}]}",
		"{apiVersion: v1, kind: Config, users: [{name: a, user: {exec: {env: [{name: A, value: hünter2}]}, auth-provider: {config: {refresh-token: other9}}}}]}",
		"{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Config, users: [{name: a, user: {token: hünter2}}]}]}",
	} {
		files, _ := scan(t, engine.Options{Controls: []*control.Control{&whole}}, "a.yaml", text)
		if len(files[0].Findings) == 0 {
			t.Errorf("no findings in %s", text)
		}
		for _, f := range files[0].Findings {
			if all := fmt.Sprintf("%+v", f); strings.Contains(all, "nter2") || strings.Contains(all, "other9") {
				t.Errorf("the key is in %s", all)
			}
		}
	}
}
