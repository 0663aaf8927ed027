package helm_test

import (
	"path"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/engine"
	"helm.sh/helm/v4/pkg/strvals"

	"github.com/kubeharden/kubeharden/source/helm"
)

// helmTemplate renders with Helm's own packages, by the steps of "helm template".
func helmTemplate(dir string, opts *helm.Options) (map[string]string, error) {
	c, err := loader.Load(dir)
	if err != nil {
		return nil, err
	}
	vals := map[string]any{}
	for _, s := range opts.Set {
		if err := strvals.ParseInto(s, vals); err != nil {
			return nil, err
		}
	}
	for _, s := range opts.SetString {
		if err := strvals.ParseIntoString(s, vals); err != nil {
			return nil, err
		}
	}
	if err := chartutil.ProcessDependencies(c, vals); err != nil {
		return nil, err
	}
	version := opts.KubeVersion
	if version == "" {
		version = helm.DefaultKubeVersion
	}
	kube, err := common.ParseKubeVersion(version)
	if err != nil {
		return nil, err
	}
	caps := common.DefaultCapabilities.Copy()
	caps.KubeVersion = *kube
	caps.APIVersions = append(append(common.VersionSet{}, caps.APIVersions...), opts.APIVersions...)
	namespace := opts.Namespace
	if namespace == "" {
		namespace = "default"
	}
	values, err := util.ToRenderValues(c, vals, common.ReleaseOptions{
		Name: "release-name", Namespace: namespace, Revision: 1, IsInstall: true,
	}, caps)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, values)
}

// TestSameAsHelm compares each rendered file of all cases with what Helm's own packages make of it.
func TestSameAsHelm(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			_, opts := unpack(t, name)
			compare(t, "chart", &opts)
		})
	}
}

func compare(t *testing.T, dir string, opts *helm.Options) {
	t.Helper()
	want, err := helmTemplate(dir, opts)
	manifests, ourErr := helm.Render(t.Context(), dir, *opts)
	if (err == nil) != (ourErr == nil) {
		t.Fatalf("Helm: %v\nwe: %v", err, ourErr)
	}
	var wanted []string
	for name, text := range want {
		if strings.TrimSpace(text) != "" && !strings.HasSuffix(name, "NOTES.txt") {
			wanted = append(wanted, flat(text))
		}
	}
	for _, m := range manifests {
		if !contains(&wanted, flat(string(m.Source))) {
			t.Errorf("%s: Helm renders no such file:\n%s", m.Path, m.Source)
		}
	}
	for _, text := range wanted {
		t.Errorf("only Helm renders:\n%s", text)
	}
}

// flat undoes the line break that we put behind a marker.
func flat(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\n---apiVersion", "\n---\napiVersion"), "\n--- apiVersion", "\n---\napiVersion")
}

func contains(list *[]string, text string) bool {
	for i, s := range *list {
		if s == text {
			*list = append((*list)[:i], (*list)[i+1:]...)
			return true
		}
	}
	return false
}

// TestSameFunctions compares functions that we have written anew, values that are merged and schemas.
func TestSameFunctions(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"durations": {"templates/a.yaml": `
{{ range list "1h" "90" 90 1.5 "x" "" nil "1h2m3s" 99999999999999 -5 true }}
- {{ durationSeconds . }} {{ durationMinutes . }} {{ durationHours . }} {{ durationDays . }} {{ durationWeeks . }} {{ durationMilliseconds . }} {{ durationNanoseconds . }} {{ durationRoundTo . "1m" }} {{ durationTruncateTo . 60 }}
{{ end }}`},
		"mustToDuration": {"templates/a.yaml": `{{ mustToDuration "x" }}`},
		"formats":        {"templates/a.yaml": `{{ toToml .Values }}{{ fromYaml "a: [" }}{{ fromJson "{" }}{{ fromYamlArray "- 1" }}{{ fromJsonArray "[1]" }}{{ toJson .Values }}{{ fromToml "a=1" }}{{ mustToJson .Values }}{{ toYaml .Values }}{{ .Values.YAML }}`, "values.yaml": "a: {b: [1, 2.5, x, null]}\n"},
		"text":           {"templates/a.yaml": `{{ print 1 2 "a" "b" 3 }}{{ println "x" }}{{ printf "%05d %v" 7 .Values }}{{ repeat 3 "ab" }}{{ until 3 }}{{ untilStep 5 0 -2 }}{{ seq 1 2 9 }}{{ cat "a" 1 }}{{ replace "a" "b" "aa" }}{{ "x\ny" | indent 2 }}{{ "x\ny" | nindent 2 }}{{ join "," (list 1 2) }}{{ concat (list 1) (list 2) }}`},
		"no value":       {"templates/a.yaml": `a: {{ .Values.x }}{{ .Values.y.z }}`, "values.yaml": "y: {}\n"},
		"files":          {"templates/a.yaml": `{{ (.Files.Glob "c/*").AsConfig }}{{ (.Files.Glob "c/*").AsSecrets }}{{ range .Files.Lines "c/a" }}[{{ . }}]{{ end }}{{ .Files.Get "values.yaml" }}`, "c/a": "1\n2\n", "c/b": "x"},
		"nulls":          {"templates/a.yaml": `{{ toYaml .Values }}`, "values.yaml": "a: null\nb: {c: null, d: 1}\nglobal: {x: null}\n"},
		"metadata":       {"templates/a.yaml": `{{ toYaml .Chart }}{{ .Template.Name }}{{ .Release }}{{ .Chart.Maintainers }}{{ toYaml .Subcharts }}`, "Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\nmaintainers: [{name: x, email: y}]\nkeywords: [a]\nannotations: {a: b}\n"},
		"capabilities":   {"templates/a.yaml": `{{ .Capabilities.APIVersions }}{{ .Capabilities.KubeVersion.Minor }}{{ .Capabilities.KubeVersion.Version }}{{ .Capabilities.HelmVersion.Version }}`},
		"required empty": {"templates/a.yaml": `{{ required "x" "" }}`},
		"required zero":  {"templates/a.yaml": `{{ required "x" 0 }}{{ required "x" false }}{{ required "x" .Values }}`},
		"schema ok":      {"values.yaml": "a: 1\nb: [x]\nc: {d: 1.5}\n", "values.schema.json": `{"$schema": "http://json-schema.org/schema#", "$defs": {"s": {"type": "string"}}, "required": ["a"], "additionalProperties": false, "properties": {"a": {"type": ["integer", "null"], "enum": [1, 2]}, "b": {"items": {"$ref": "#/$defs/s"}}, "c": {"anyOf": [{"type": "string"}, {"properties": {"d": {"exclusiveMinimum": 1}}}]}}}`},
		"schema 4":       {"values.yaml": "a: 1\n", "values.schema.json": `{"$schema": "http://json-schema.org/draft-04/schema#", "properties": {"a": {"minimum": 1, "exclusiveMinimum": true}}}`},
		"schema 2019":    {"values.yaml": "a: 1\n", "values.schema.json": `{"$schema": "https://json-schema.org/draft/2019-09/schema", "dependentRequired": {"a": ["b"]}}`},
		"schema extra":   {"values.yaml": "a: 1\n", "values.schema.json": `{"additionalProperties": false}`},
		"schema broken":  {"values.schema.json": `{"a": `},
		"subchart type":  {"values.yaml": "s: 1\n", "charts/s/Chart.yaml": "apiVersion: v2\nname: s\nversion: 1.0.0\n"},
		"no chart":       {"charts/s/values.yaml": ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := chart(t, files)
			var opts helm.Options
			compare(t, dir, &opts)
		})
	}
}

// TestKnownVersions compares the list of API versions with the one that Helm computes from client-go.
func TestKnownVersions(t *testing.T) {
	var b strings.Builder
	b.WriteString("[")
	for i, v := range common.DefaultVersionSet {
		if i > 0 {
			b.WriteString(" ")
		}
		b.WriteString(v)
	}
	dir := chart(t, map[string]string{"templates/a.yaml": "{{ .Capabilities.APIVersions }}"})
	manifests, err := helm.Render(t.Context(), dir, helm.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(manifests[0].Source), b.String()+"]"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if path.Base(manifests[0].Path) != "a.yaml" {
		t.Error(manifests[0].Path)
	}
}
