package helm_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/source/helm"
)

func TestInspect(t *testing.T) {
	dir := chart(t, map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: top\nversion: 1.0.0\ndependencies:\n" +
			"- {name: sub, version: 0.1.0, alias: other}\n- {name: absent, version: 0.1.0, condition: absent.enabled}\n",
		"values.yaml":                        "a: 1\nnothing:\nglobal: {g: 1}\nother: {x: 2}\nabsent: {enabled: false}\n",
		"templates/a.yaml":                   "a: {{ .Values.a }}",
		"charts/sub/Chart.yaml":              "apiVersion: v2\nname: sub\nversion: 0.1.0\n",
		"charts/sub/values.yaml":             "x: 1\nz: 1\n",
		"charts/sub/templates/_help.tpl":     "{{/* help */}}",
		"charts/absent/Chart.yaml":           "apiVersion: v2\nname: absent\nversion: 0.1.0\n",
		"charts/absent/templates/never.yaml": "b: 1",
	})
	in, err := helm.Inspect(t.Context(), dir, helm.Options{Set: []string{"a=5"}, Overlay: []byte("a: 4\nother: {z: 7}\n")})
	if err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, p := range in.Parts {
		parts = append(parts, fmt.Sprintf("%s %s at %q: %t %d", p.Name, p.Version, strings.Join(p.Prefix, "."), strings.HasSuffix(p.ValuesFile, "values.yaml"), len(p.Templates)))
	}
	if want := []string{`top 1.0.0 at "": true 1`, `other 0.1.0 at "other": true 1`}; !slices.Equal(parts, want) {
		t.Errorf("parts are %q, want %q", parts, want)
	}
	if !slices.Equal(in.Disabled, []string{"absent"}) {
		t.Errorf("disabled are %q", in.Disabled)
	}
	other, _ := in.Values["other"].(map[string]any)
	if got := fmt.Sprint(in.Values["a"], other["x"], other["z"]); got != "5 2 7" {
		t.Errorf("values are %s, want 5 2 7", got)
	}
	if v, ok := in.Values["nothing"]; !ok || v != nil {
		t.Errorf("the null is %v, %t", v, ok)
	}
	if _, err := helm.Inspect(t.Context(), dir+"/charts", helm.Options{}); err == nil {
		t.Error("a folder without a chart has been inspected")
	}
}

// TestOverlay asserts that the overlay is behind values files, and before --set.
func TestOverlay(t *testing.T) {
	dir := chart(t, map[string]string{
		"Chart.yaml":       "apiVersion: v2\nname: top\nversion: 1.0.0\n",
		"values.yaml":      "a: 1\nb: 1\nc: 1\nd: 1\n",
		"templates/a.yaml": "v: {{ .Values.a }}{{ .Values.b }}{{ .Values.c }}{{ .Values.d }}\n",
		"more.yaml":        "b: 2\nc: 2\nd: 2\n",
	})
	got, err := helm.Render(t.Context(), dir, helm.Options{ValuesFiles: []string{dir + "/more.yaml"}, Overlay: []byte("c: 3\nd: 3\n"), Set: []string{"d=4"}})
	if err != nil {
		t.Fatal(err)
	}
	if text := string(got[0].Source); text != "v: 1234\n" {
		t.Errorf("rendered is %q", text)
	}
	if _, err := helm.Render(t.Context(), dir, helm.Options{Overlay: []byte("a: [\n")}); err == nil {
		t.Error("an overlay that is no YAML has been taken")
	}
}
