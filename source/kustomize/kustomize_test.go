package kustomize_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/source/kustomize"
	"github.com/kubeharden/kubeharden/source/render"
)

var update = flag.Bool("update", false, "rewrite what is wanted in testdata/*.txtar")

func write(t testing.TB, name, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

// files writes files to a new working directory.
func files(t testing.TB, list map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range list {
		write(t, filepath.Join(dir, name), data)
	}
	t.Chdir(dir)
}

func unpack(t testing.TB, name string) *txtar.Archive {
	t.Helper()
	a, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	list := map[string]string{}
	for _, f := range a.Files {
		if f.Name != "want" {
			list[f.Name] = string(f.Data)
		}
	}
	files(t, list)
	return a
}

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
				fmt.Fprintf(&b, "%s:%d", file, at)
			}
			fmt.Fprintf(&b, " %s\n", bytes.TrimRight(line, "\n"))
		}
	}
	return b.String()
}

// TestBuild builds the folder "prod" of each case.
func TestBuild(t *testing.T) {
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
			a := unpack(t, name)
			manifests, err := kustomize.Build(t.Context(), "prod", kustomize.Options{})
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
			same(t, manifests)
		})
	}
}

// same compares the objects with those of the library alone.
func same(t *testing.T, manifests []render.Manifest) {
	t.Helper()
	opts := krusty.MakeDefaultOptions()
	opts.Reorder = krusty.ReorderOptionUnspecified // as the command does
	m, err := krusty.MakeKustomizer(opts).Run(filesys.MakeFsOnDisk(), "prod")
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range m.Resources() {
		want, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := yaml.Unmarshal(manifests[i].Source, &v); err != nil {
			t.Fatal(err)
		}
		got, err := yaml.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("got:\n%s\nthe library:\n%s", got, want)
		}
	}
}

func TestErrors(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string // a part of the message
	}{
		{"https", map[string]string{"k/kustomization.yaml": "resources:\n- https://example.com/x.yaml\n"}, "build kustomization k: k/kustomization.yaml:2: resources: https://example.com/x.yaml: remote entries are not fetched without --allow-remote"},
		{"github", map[string]string{"k/kustomization.yaml": "resources: [\"github.com/a/b?ref=v1\"]\n"}, "k/kustomization.yaml:1: resources: github.com/a/b?ref=v1: remote"},
		{"ssh", map[string]string{"k/kustomization.yaml": "components: ['git@example.com:a/b']\n"}, "components: git@example.com:a/b: remote"},
		{"git::", map[string]string{"k/kustomization.yaml": "bases: ['git::ssh://example.com/a']\n"}, "bases: git::ssh://example.com/a: remote"},
		{"in a base", map[string]string{"k/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yml": "resources: [HTTPS://example.com]\n"}, "build kustomization k: b/kustomization.yml:1: resources: HTTPS://example.com: remote"},
		{"patch", map[string]string{"k/kustomization.yaml": "resources: [p.yaml]\npatches:\n- path: https://example.com/p\n", "k/p.yaml": pod}, "kustomization.yaml:3: patches: https://example.com/p: remote"},
		{"generator file", map[string]string{"k/kustomization.yaml": "configMapGenerator: [{name: x, files: [a=https://example.com/p]}]\n"}, "configMapGenerator: https://example.com/p: remote"},
		{"plugin", map[string]string{"k/kustomization.yaml": "generators: [g.yaml]\n", "k/g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: x}\nfiles: [a=https://example.com/p]\n"}, "k/g.yaml: remote entry https://example.com/p: remote"},
		{"helm", map[string]string{"k/kustomization.yaml": "\nhelmCharts:\n- name: x\n"}, "k/kustomization.yaml:2: helmCharts: Helm charts in kustomizations are not rendered; scan the chart itself"},
		{"exec", map[string]string{"k/kustomization.yaml": "generators: [g.yaml]\n", "k/g.yaml": "apiVersion: v1\nkind: X\nmetadata:\n  name: x\n  annotations:\n    config.kubernetes.io/function: 'exec: {path: ./x.sh}'\n"}, "external plugins disabled"},
		{"missing file", map[string]string{"k/kustomization.yaml": "resources: [gone.yaml]\n"}, "k/gone.yaml"},
		{"outside", map[string]string{"k/kustomization.yaml": "resources: [../p.yaml]\n", "p.yaml": pod}, "security; file './p.yaml' is not in or below 'k'"},
		{"cycle", map[string]string{"k/kustomization.yaml": "resources: [../b]\n", "b/kustomization.yaml": "resources: [../k]\n"}, "cycle detected"},
		{"unknown field", map[string]string{"k/kustomization.yaml": "resource: [x]\n"}, `unknown field "resource"`},
		{"no kustomization", map[string]string{"k/x.yaml": ""}, "unable to find one of 'kustomization.yaml'"},
		{"no folder", nil, "build kustomization k: no such file or directory"},
		{"not yaml", map[string]string{"k/kustomization.yaml": "resources: [\n"}, "invalid Kustomization"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files(t, tt.files)
			_, err := kustomize.Build(t.Context(), "k", kustomize.Options{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got\n%v\nwant\n%s", err, tt.want)
			}
			if wd, _ := os.Getwd(); strings.Contains(err.Error(), wd) {
				t.Errorf("names a path of the machine: %v", err)
			}
			if !errors.As(err, new(*kustomize.Error)) || errors.Is(err, kustomize.ErrRemote) != strings.Contains(tt.want, ": remote") {
				t.Errorf("%T", err)
			}
		})
	}
}

func TestContext(t *testing.T) {
	files(t, map[string]string{"k/kustomization.yaml": "resources: [x.yaml]\n"})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := kustomize.Build(ctx, "k", kustomize.Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMetadata(t *testing.T) {
	for _, k := range []string{
		"resources: [p.yaml]", "resources: [p.yaml]\nbuildMetadata: [managedByLabel]\n", "{\"resources\": [\"p.yaml\"]}",
		"resources: [p.yaml]\nbuildMetadata: [originAnnotations]\n", "resources:\n- p.yaml\npatches:\n- patch: |-\n    kind: Pod\n    apiVersion: v1\n    metadata: {name: p, labels: {a: b}}",
	} {
		files(t, map[string]string{"prod/kustomization.yaml": k, "prod/p.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"})
		manifests, err := kustomize.Build(t.Context(), "prod", kustomize.Options{})
		if err != nil {
			t.Fatalf("%s: %v", k, err)
		}
		if manifests[0].Path != "prod/p.yaml" {
			t.Errorf("%s: %s", k, manifests[0].Path)
		}
		same(t, manifests)
	}
}

func TestRootsAndParts(t *testing.T) {
	files(t, map[string]string{
		"base/kustomization.yaml":   "resources: [a.yaml]\nconfigMapGenerator: [{name: x, files: [k=f.txt], envs: [e.env]}]\n",
		"base/a.yaml":               "",
		"base/f.txt":                "",
		"base/e.env":                "",
		"base/other.yaml":           "",
		"comp/Kustomization":        "kind: Component\npatches: [{path: p.yaml}]\n",
		"comp/p.yaml":               "",
		"dev/kustomization.yml":     "resources: [../base, https://example.com/x, gone.yaml]\n",
		"prod/kustomization.yaml":   "bases: [../base]\ncomponents: [../comp]\npatchesStrategicMerge:\n- |-\n  kind: Pod\n",
		"circle1/kustomization.yml": "resources: [../circle2]\n",
		"circle2/kustomization.yml": "resources: [../circle1]\n",
	})
	got := kustomize.Roots([]string{"base", "circle1", "circle2", "comp", "dev", "prod"})
	if want := []string{"circle1", "dev", "prod"}; !slices.Equal(got, want) {
		t.Errorf("roots: %v, want %v", got, want)
	}
	parts := kustomize.Parts("prod")
	for i := range parts {
		parts[i] = filepath.ToSlash(parts[i])
	}
	want := []string{"base/a.yaml", "base/e.env", "base/f.txt", "base/kustomization.yaml", "comp/Kustomization", "comp/p.yaml", "prod/kustomization.yaml"}
	if !slices.Equal(parts, want) {
		t.Errorf("parts: %v\nwant: %v", parts, want)
	}
	if !kustomize.IsKustomization("comp") || kustomize.IsKustomization(".") {
		t.Error("IsKustomization")
	}
	if kustomize.Parts("circle1") == nil || kustomize.Parts(".") != nil {
		t.Error("parts of a circle or of nothing")
	}
}

// FuzzOrigins builds anything and checks that each line's origin exists.
func FuzzOrigins(f *testing.F) {
	f.Add("resources: [a.yaml]\npatches:\n- path: p.yaml\n- target: {kind: Pod}\n  patch: |-\n    - {op: add, path: /spec/hostPID, value: true}\nimages: [{name: b, newTag: c}]\n",
		"kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec:\n  containers:\n  - name: b\n    image: b\n    args: [|\n      x]\n", "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {x: y}\n")
	f.Add("resources: [a.yaml]\npatchesStrategicMerge: [p.yaml]\nconfigMapGenerator:\n- {name: x, literals: [a=b]}\n", "apiVersion: v1\nkind: List\nitems:\n- &a {kind: Pod, apiVersion: v1, metadata: {name: x}}\n", "- op: x\n---\n...\n")
	dir := f.TempDir()
	f.Chdir(dir)
	f.Fuzz(func(t *testing.T, k, a, p string) {
		write(t, "k/kustomization.yaml", k)
		write(t, "k/a.yaml", a)
		write(t, "k/p.yaml", p)
		manifests, err := kustomize.Build(t.Context(), "k", kustomize.Options{})
		if err != nil {
			return
		}
		counts := map[string]int{"k/kustomization.yaml": strings.Count(k, "\n"), "k/a.yaml": strings.Count(a, "\n"), "k/p.yaml": strings.Count(p, "\n")}
		for _, m := range manifests {
			for i := range bytes.Count(m.Source, []byte("\n")) {
				file, line, _, ok := m.Origin(i + 1)
				if most, known := counts[file]; ok && (!known || line < 1 || line > most+1) {
					t.Fatalf("line %d: %s:%d", i+1, file, line)
				}
			}
		}
	})
}

func BenchmarkBuild(b *testing.B) {
	unpack(b, "testdata/overlay.txtar")
	for b.Loop() {
		manifests, err := kustomize.Build(b.Context(), "prod", kustomize.Options{})
		if err != nil {
			b.Fatal(err)
		}
		manifests[0].Origin(1)
	}
}
