package source_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/source"
)

// tree writes files below a new folder and goes there.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

// paths lists what a walk yields; an error stands behind its path.
func paths(t *testing.T, opts *source.Options, args ...string) []string {
	t.Helper()
	var got []string
	for m := range source.Manifests(t.Context(), args, opts) {
		text := m.Path
		switch {
		case m.Err != nil:
			text += " error"
		case m.Origin != nil:
			text += " rendered"
		}
		got = append(got, text)
	}
	return got
}

const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n"

func TestWhatIsRenderedIsNotReadRaw(t *testing.T) {
	tree(t, map[string]string{
		"a.yaml":                           pod,
		"chart/Chart.yaml":                 "apiVersion: v2\nname: app\nversion: 1.0.0\n",
		"chart/values.yaml":                "{}\n",
		"chart/templates/pod.yaml":         pod,
		"chart/templates/nothing.yaml":     "{{ if false }}" + pod + "{{ end }}",
		"chart/charts/sub/Chart.yaml":      "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
		"chart/charts/sub/templates/p.yml": pod,
		"k/base/kustomization.yaml":        "resources: [pod.yaml]\n",
		"k/base/pod.yaml":                  pod,
		"k/base/other.yaml":                pod,
		"k/prod/kustomization.yaml":        "resources: [../base]\nnamePrefix: prod-\n",
		"k/broken/kustomization.yaml":      "resources: [missing.yaml]\n",
		"z.yaml":                           pod,
	})
	tests := []struct {
		name string
		opts source.Options
		args []string
		want []string
	}{
		{"everything", source.Options{}, []string{"."}, []string{
			"a.yaml", "chart/charts/sub/templates/p.yml rendered", "chart/templates/pod.yaml rendered", "k/base/other.yaml",
			"k/broken error", "k/base/pod.yaml rendered", "z.yaml",
		}},
		{"raw", source.Options{NoRender: true}, []string{"chart"}, []string{
			"chart/Chart.yaml", "chart/charts/sub/Chart.yaml", "chart/charts/sub/templates/p.yml", "chart/templates/nothing.yaml",
			"chart/templates/pod.yaml", "chart/values.yaml",
		}},
		{"a base alone", source.Options{}, []string{"k/base"}, []string{"k/base/pod.yaml rendered", "k/base/other.yaml"}},
		{"a part that was named", source.Options{}, []string{"k/base/pod.yaml"}, []string{"k/base/pod.yaml"}},
		{"left out", source.Options{Looked: func(path string) bool { return !strings.Contains(path, "chart") }}, []string{"a.yaml", "chart"}, []string{"a.yaml"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := paths(t, &test.opts, test.args...); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}
