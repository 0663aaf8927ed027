package helm_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/source/render"
)

var update = flag.Bool("update", false, "rewrite what is wanted in testdata/*.txtar")

// unpack writes a case's chart to a new working directory and returns its options and what is wanted.
func unpack(t testing.TB, name string) (*txtar.Archive, helm.Options) {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var opts helm.Options
	for _, f := range a.Files {
		if f.Name == "args" {
			opts = options(t, string(f.Data))
		}
		if f.Name == "args" || f.Name == "want" {
			continue
		}
		write(t, filepath.Join(dir, f.Name), f.Data)
	}
	t.Chdir(dir)
	return a, opts
}

func write(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func options(t testing.TB, args string) (opts helm.Options) {
	t.Helper()
	for line := range strings.Lines(args) {
		flag, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch flag {
		case "--set":
			opts.Set = append(opts.Set, value)
		case "--set-string":
			opts.SetString = append(opts.SetString, value)
		case "--values":
			opts.ValuesFiles = append(opts.ValuesFiles, value)
		case "--api-versions":
			opts.APIVersions = append(opts.APIVersions, value)
		case "--kube-version":
			opts.KubeVersion = value
		case "--namespace":
			opts.Namespace = value
		default:
			t.Fatalf("unknown flag %q", flag)
		}
	}
	return opts
}

func TestRender(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			abs, err := filepath.Abs(name)
			if err != nil {
				t.Fatal(err)
			}
			a, opts := unpack(t, name)
			manifests, err := helm.Render(t.Context(), "chart", opts)
			if err != nil {
				t.Fatal(err)
			}
			got := show(manifests)
			for i, f := range a.Files {
				if f.Name != "want" {
					continue
				}
				if *update {
					a.Files[i].Data = []byte(got)
					if err := os.WriteFile(abs, txtar.Format(a), 0o600); err != nil {
						t.Fatal(err)
					}
				} else if got != string(f.Data) {
					t.Errorf("got:\n%s\nwant:\n%s", got, f.Data)
				}
			}
		})
	}
}

// show prints manifests with the origin of each line: the line's number alone if it is in the manifest's own template.
func show(manifests []render.Manifest) string {
	var b strings.Builder
	for _, m := range manifests {
		fmt.Fprintf(&b, "# %s\n", m.Path)
		n := 0
		for line := range bytes.Lines(m.Source) {
			n++
			file, at, _, ok := m.Origin(n)
			switch {
			case !ok:
				b.WriteString("-")
			case file == m.Path:
				fmt.Fprint(&b, at)
			default:
				fmt.Fprintf(&b, "%s:%d", path.Base(file), at)
			}
			fmt.Fprintf(&b, " %s\n", bytes.TrimRight(line, "\n"))
		}
	}
	return b.String()
}

// chart writes a chart of templates and values.
func chart(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "chart/Chart.yaml"), []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n"))
	for name, text := range files {
		write(t, filepath.Join(dir, "chart", name), []byte(text))
	}
	t.Chdir(dir)
	return "chart"
}

func TestErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		opts  helm.Options
		want  string
	}{
		{"required", map[string]string{
			"templates/a.yaml":   "a: 1\nb: {{ include \"x\" . }}\n",
			"templates/_x.tpl":   "{{ define \"x\" }}\n{{ required \"image: must be set\" .Values.image }}{{ end }}",
			"templates/ok.yaml":  "a: 1\n",
			"templates/_ok2.tpl": "",
		}, helm.Options{}, "render chart chart: chart/templates/_x.tpl:2: image: must be set"},
		{"fail", map[string]string{"templates/a.yaml": "\n\n{{ fail \"no\" }}"}, helm.Options{}, "render chart chart: chart/templates/a.yaml:3: no"},
		{"parse", map[string]string{"templates/a.yaml": "a: 1\n{{ if }}\n"}, helm.Options{}, "render chart chart: chart/templates/a.yaml:2: parse error: missing value for if"},
		{"function", map[string]string{"templates/a.yaml": "a: 1\n{{ nope }}\n"}, helm.Options{}, `render chart chart: chart/templates/a.yaml:2: parse error: function "nope" not defined`},
		{
			"nil",
			map[string]string{"templates/a.yaml": "a: 1\nb: {{ .Values.a.b.c }}\n"},
			helm.Options{},
			"render chart chart: chart/templates/a.yaml:2: .Values.a.b.c: nil pointer evaluating interface {}.b",
		},
		{
			"recursion",
			map[string]string{"templates/a.yaml": "{{ include \"x\" . }}", "templates/_x.tpl": "{{ define \"x\" }}{{ include \"x\" . }}{{ end }}"},
			helm.Options{},
			"render chart chart: chart/templates/_x.tpl:1: include \"x\" .: error calling include: rendering template has a nested reference name: x: unable to execute template",
		},
		{"no such template", map[string]string{"templates/a.yaml": "\n{{ include \"y\" . }}"}, helm.Options{}, `render chart chart: chart/templates/a.yaml:2: include "y" .: error calling include: template: no template "y" associated with template "gotpl"`},
		{
			"schema",
			map[string]string{"values.yaml": "image: {tag: 5}\n", "values.schema.json": `{"properties": {"image": {"properties": {"tag": {"type": "string"}}}}}`},
			helm.Options{},
			`render chart chart: chart/values.schema.json: values don't meet the specifications of the schema: image.tag has type "integer", want "string"`,
		},
		{
			"schema keeps secrets",
			map[string]string{"values.yaml": "password: hunter2\n", "values.schema.json": `{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"password": {"minLength": 12}}}`},
			helm.Options{},
			`render chart chart: chart/values.schema.json: values don't meet the specifications of the schema: password contains 7 Unicode code points, fewer than 12`,
		},
		{
			"missing dependency",
			map[string]string{"Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\ndependencies: [{name: redis, version: 1.0.0, repository: 'oci://example.com'}]\n"},
			helm.Options{},
			"render chart chart: chart/Chart.yaml: an error occurred while checking for chart dependencies. You may need to run 'helm dependency build' to fetch missing dependencies: found in Chart.yaml, but missing in charts/ directory: redis",
		},
		{
			"kubeVersion",
			map[string]string{"Chart.yaml": "apiVersion: v2\nname: c\nkubeVersion: '>=1.99'\nversion: 1.0.0\n"},
			helm.Options{KubeVersion: "1.30"},
			"render chart chart: chart/Chart.yaml:3: chart requires kubeVersion: >=1.99 which is incompatible with Kubernetes v1.30",
		},
		{"values", map[string]string{"values.yaml": "a: 1\nb: [\n"}, helm.Options{}, "render chart chart: chart/values.yaml:2: cannot load values.yaml: cannot unmarshal yaml document: error converting YAML to JSON: yaml: line 2: did not find expected node content"},
		{"values file", nil, helm.Options{ValuesFiles: []string{"gone.yaml"}}, "render chart chart: gone.yaml: values file: no such file or directory"},
		{"set", nil, helm.Options{Set: []string{"a[x]=1"}}, `render chart chart: failed parsing --set data: error parsing index: strconv.Atoi: parsing "x": invalid syntax`},
		{"version", map[string]string{"Chart.yaml": "apiVersion: v2\nname: c\nversion: one\n"}, helm.Options{}, `render chart chart: chart/Chart.yaml: validation: chart.metadata.version "one" is invalid`},
		{"endless output", map[string]string{"templates/a.yaml": "{{ range 1000000000 }}xxxxxxxxxxxxxxxx{{ end }}"}, helm.Options{MaxOutput: 1 << 20}, "render chart chart: chart/templates/a.yaml: output is larger than the limit"},
		{"doubling", map[string]string{"templates/a.yaml": "{{ $x := \"xx\" }}{{ range 60 }}{{ $x = print $x $x }}{{ end }}"}, helm.Options{MaxOutput: 1 << 20}, "render chart chart: chart/templates/a.yaml:1: print $x $x: error calling print: output is larger than the limit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := helm.Render(t.Context(), chart(t, tt.files), tt.opts)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
			if !errors.As(err, new(*helm.Error)) {
				t.Errorf("%T", err)
			}
		})
	}
}

// A loop that writes nothing and has no end in sight must end with the context.
func TestContext(t *testing.T) {
	for _, loop := range []string{
		"{{ range 100000000000 }}{{ end }}",
		"{{ range 100000000000 }}{{ $x := 1 }}{{ end }}",
		"{{ range 100000000000 }}{{ if false }}x{{ end }}{{ end }}",
		`{{ tpl "{{ range 100000000000 }}{{ end }}" . }}`,
	} {
		dir := chart(t, map[string]string{"templates/a.yaml": loop})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := helm.Render(ctx, dir, helm.Options{})
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", loop, err)
		}
	}
}

// Each of these must end with an error, soon, and not with the program.
func TestHostile(t *testing.T) {
	for name, tpl := range map[string]string{
		"template":      `{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`,
		"mutual":        `{{ define "a" }}{{ include "b" . }}{{ end }}{{ define "b" }}{{ include "c" . }}{{ end }}{{ define "c" }}{{ include "a" . }}{{ end }}{{ include "a" . }}`,
		"tpl":           `{{ tpl .Values.x . }}`,
		"mixed":         `{{ define "a" }}{{ if gt (int .) 0 }}{{ template "a" (sub (int .) 1) }}{{ else }}{{ include "b" 90000 }}{{ end }}{{ end }}{{ define "b" }}{{ template "a" 90000 }}{{ end }}{{ include "b" . }}`,
		"blocks":        strings.Repeat("{{ if true }}", 200) + strings.Repeat("{{ end }}", 200),
		"parentheses":   "{{ " + strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200) + " }}",
		"much of one":   `{{ range 100 }}{{ include "x" . }}{{ end }}{{ define "x" }}{{ range 1000000 }}xxxxxxxxxxxxxxxxxxxxx{{ end }}{{ end }}`,
		"repeat":        `{{ repeat 1000000000 "xxxxxxxxxx" }}`,
		"indent":        `{{ indent 1000000000 "x" }}`,
		"until":         `{{ until 1000000000 }}`,
		"untilStep":     `{{ untilStep 0 1000000000 1 }}`,
		"printf":        `{{ printf "%1000000000d" 1 }}`,
		"random string": `{{ randAlphaNum 1000000000 }}`,
	} {
		dir := chart(t, map[string]string{"templates/a.yaml": tpl, "values.yaml": "x: '{{ tpl .Values.x . }}'\n"})
		if _, err := helm.Render(t.Context(), dir, helm.Options{}); err == nil || len(err.Error()) > 2000 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestArchive(t *testing.T) {
	dir := chart(t, map[string]string{
		"Chart.yaml":       "apiVersion: v2\nname: c\nversion: 1.0.0\n",
		"templates/a.yaml": "kind: A\nb: {{ .Release.Name }}\n",
	})
	pack(t, "sub-1.0.0.tgz", dir)
	write(t, "outer/Chart.yaml", []byte("apiVersion: v2\nname: outer\nversion: 1.0.0\ndependencies: [{name: c, version: 1.0.0}]\n"))
	write(t, "outer/templates/o.yaml", []byte("kind: O\n"))
	data, err := os.ReadFile("sub-1.0.0.tgz")
	if err != nil {
		t.Fatal(err)
	}
	write(t, "outer/charts/sub-1.0.0.tgz", data)
	pack(t, "outer.tgz", "outer")
	manifests, err := helm.Render(t.Context(), "outer.tgz", helm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := "# outer.tgz/charts/sub-1.0.0.tgz/templates/a.yaml\n1 kind: A\n2 b: release-name\n# outer.tgz/templates/o.yaml\n1 kind: O\n"
	if got := show(manifests); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	write(t, "not.tgz", []byte("text"))
	for name, want := range map[string]bool{"outer.tgz": true, "not.tgz": false, "gone.tgz": false, "outer/Chart.yaml": false} {
		if got := helm.IsArchive(name); got != want {
			t.Errorf("IsArchive(%s) = %v", name, got)
		}
	}
	if !helm.IsChart("outer") || helm.IsChart("outer/templates") {
		t.Error("IsChart")
	}
}

func pack(t *testing.T, name, dir string) {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := w.WriteHeader(&tar.Header{Name: filepath.ToSlash(name), Mode: 0o600, Size: int64(len(data))}); err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	})
	if err := errors.Join(err, w.Close(), zip.Close()); err != nil {
		t.Fatal(err)
	}
	write(t, name, b.Bytes())
}

func TestLinks(t *testing.T) {
	dir := chart(t, map[string]string{"templates/a.yaml": "a: {{ .Files.Get \"x\" }}\n"})
	write(t, "secret", []byte("s3cret"))
	if err := os.Symlink("../secret", filepath.Join(dir, "x")); err != nil {
		t.Skip(err)
	}
	_, err := helm.Render(t.Context(), dir, helm.Options{})
	if err == nil || !strings.Contains(err.Error(), "chart/x: cannot be read: ") {
		t.Errorf("link out of the chart: %v", err)
	}
	manifests, err := helm.Render(t.Context(), dir, helm.Options{Root: "."})
	if err != nil || string(manifests[0].Source) != "a: s3cret\n" {
		t.Errorf("link inside of the root: %v %v", manifests, err)
	}
	if err := os.Symlink(".", filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if _, err := helm.Render(t.Context(), dir, helm.Options{Root: "."}); err == nil {
		t.Error("loop of links")
	}
}

func TestOptions(t *testing.T) {
	dir := chart(t, map[string]string{
		"crds/x.yaml":            "kind: CustomResourceDefinition\n",
		"templates/t.yaml":       "kind: A\n---\nkind: Pod\nmetadata:\n  annotations: {helm.sh/hook: test}\n---\nkind: B\n",
		"templates/secret.yaml":  "a: {{ randAlphaNum 5 }}\nb: {{ (genCA \"x\" 1).Cert }}\n{{ $ca := genCA \"x\" 1 }}c: {{ (genSignedCert \"x\" nil nil 1 $ca).Key }}\n",
		"templates/library.yaml": "{{ .Values.a }}{{ .Values.b }}{{ .Values.c }}{{ .Values.d }}",
		"values.yaml":            "a: 1\n",
	})
	write(t, "v.yaml", []byte("b: two\n---\nb: 2\n"))
	manifests, err := helm.Render(t.Context(), dir, helm.Options{
		IncludeCRDs: true, SkipTests: true, ValuesFiles: []string{"v.yaml"}, SetJSON: []string{`{"c": 3}`}, SetLiteral: []string{"d=4"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `# chart/crds/x.yaml
1 kind: CustomResourceDefinition
# chart/templates/library.yaml
1 1234
# chart/templates/secret.yaml
1 a: a0b1c
2 b: generated-certificate
3 c: generated-private-key
# chart/templates/t.yaml
1 kind: A
2 ---
3          
4          
5                                    
6 ---
7 kind: B
`
	if got := show(manifests); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	write(t, "chart/Chart.yaml", []byte("apiVersion: v2\nname: c\nversion: 1.0.0\ntype: library\n"))
	if manifests, err := helm.Render(t.Context(), dir, helm.Options{}); err != nil || len(manifests) > 0 {
		t.Errorf("library chart: %v %v", manifests, err)
	}
}

// FuzzOrigins renders any template and checks that each line's origin exists and, if the template has no actions, is
// the line itself.
func FuzzOrigins(f *testing.F) {
	f.Add("a: {{ .Values.x }}\n{{- if true }}\nb: 1\n{{- end }}\n", "{{ define \"h\" }}\nx: y\n{{ end }}")
	f.Add("{{ include \"h\" . | nindent 2 }}\n---a: b\n--- c: d\n", "{{ define \"h\" -}}\nx: y\r\n\nz: {{ include \"i\" . }}{{ end }}{{ define \"i\" }}1\n2{{ end }}")
	f.Add("{{ range until 3 }}\n- {{ . }}\n{{ end }}{{ template \"h\" }}{{ tpl \"{{ 1 }}\\n2\" . }}", "{{ define \"h\" }}{{ block \"b\" . }}\nq\n{{ end }}{{ end }}")
	dir := f.TempDir()
	write(f, filepath.Join(dir, "Chart.yaml"), []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n"))
	f.Fuzz(func(t *testing.T, tpl, helpers string) {
		write(t, filepath.Join(dir, "templates/a.yaml"), []byte(tpl))
		write(t, filepath.Join(dir, "templates/_h.tpl"), []byte(helpers))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		manifests, err := helm.Render(ctx, dir, helm.Options{MaxOutput: 1 << 20})
		if err != nil {
			return
		}
		static := !strings.Contains(tpl, "{{") && !strings.Contains(tpl, "---") && !strings.HasPrefix(tpl, "\ufeff")
		sources := map[string][]string{"a.yaml": strings.Split(tpl, "\n"), "_h.tpl": strings.Split(helpers, "\n")}
		for _, m := range manifests {
			n := 0
			for line := range bytes.Lines(m.Source) {
				n++
				file, at, text, ok := m.Origin(n)
				if !ok {
					continue
				}
				source := sources[path.Base(file)]
				if at < 1 || at > len(source) || strings.TrimRight(source[at-1], "\r") != strings.TrimRight(text, "\r") &&
					strings.TrimPrefix(source[at-1], "\ufeff") != text {
					t.Fatalf("line %d: %s:%d %q", n, file, at, text)
				}
				if static && len(bytes.TrimSpace(line)) > 0 && at != n {
					t.Fatalf("line %d of a static template is said to be %d", n, at)
				}
			}
			if _, _, _, ok := m.Origin(n + 2); ok {
				t.Fatal("origin beyond the end")
			}
		}
	})
}

func BenchmarkRender(b *testing.B) {
	_, opts := unpack(b, "testdata/app.txtar")
	for b.Loop() {
		if _, err := helm.Render(b.Context(), "chart", opts); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOrigins renders a template of 10,000 lines, half of them from includes, and asks for each line's origin.
func BenchmarkOrigins(b *testing.B) {
	dir := b.TempDir()
	write(b, filepath.Join(dir, "Chart.yaml"), []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n"))
	write(b, filepath.Join(dir, "templates/_h.tpl"), []byte("{{ define \"h\" }}a: 1\nb: {{ .Release.Name }}\nc: 3\nd: 4\ne: 5{{ end }}"))
	write(b, filepath.Join(dir, "templates/a.yaml"), bytes.Repeat([]byte("k: v\nl:\n  {{- include \"h\" . | nindent 2 }}\nm: {{ .Release.Name }}\nn: 1\no: 2\n"), 1000))
	for b.Loop() {
		manifests, err := helm.Render(b.Context(), dir, helm.Options{})
		if err != nil {
			b.Fatal(err)
		}
		for i := range 10_000 {
			if _, _, _, ok := manifests[0].Origin(i + 1); !ok {
				b.Fatal(i)
			}
		}
	}
}
