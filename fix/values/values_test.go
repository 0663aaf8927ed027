package values_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix/values"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/source/helm"
	"github.com/kubeharden/kubeharden/source/render"
)

// judge judges by the named controls, all if there are none. What cannot be judged fails the test.
func judge(t testing.TB, ids ...string) values.Judge {
	t.Helper()
	return judgeBy(t, func(p report.Problem) { t.Errorf("%s: %s", p.Place.File, p.Message) }, ids...)
}

func judgeBy(t testing.TB, problem func(report.Problem), ids ...string) values.Judge {
	t.Helper()
	chosen := slices.DeleteFunc(slices.Clone(controls.All()), func(c *control.Control) bool { return c.Profile != "" && len(ids) == 0 })
	if len(ids) > 0 {
		chosen = nil
		for _, id := range ids {
			c := controls.Find(id)
			if len(c) != 1 {
				t.Fatalf("there is no control %s", id)
			}
			chosen = append(chosen, c...)
		}
	}
	return func(ctx context.Context, manifests []render.Manifest, all bool) ([]values.Found, error) {
		// Amounts of memory and processor time are never invented: whoever runs it says them.
		params := map[string]map[string][]string{}
		for _, c := range chosen {
			if strings.HasSuffix(c.ID, "-request-missing") || strings.HasSuffix(c.ID, "-limit-missing") {
				params[c.ID] = c.ExampleParams()
			}
		}
		opts := &engine.Options{Controls: chosen, Params: params, Version: control.LatestMinor, NoFold: all, Fixes: true, RenderedFixes: true, Jobs: 1}
		inputs := func(yield func(engine.Input) bool) {
			for _, m := range manifests {
				if !yield(engine.Input{Path: m.Path, Read: func() ([]byte, error) { return m.Source, nil }, Origin: m.Origin}) {
					return
				}
			}
		}
		var found []values.Found
		_, err := engine.Scan(ctx, inputs, opts, func(f *report.File) error {
			for _, p := range f.Problems {
				problem(p)
			}
			for _, finding := range f.Findings {
				found = append(found, values.Found{Manifest: f.Path, Finding: finding})
			}
			return nil
		})
		return found, err
	}
}

// unpack writes files into a new folder and goes there.
func unpack(t testing.TB, files []txtar.File) {
	t.Helper()
	t.Chdir(t.TempDir())
	for _, f := range files {
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.Name, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func harden(t testing.TB, most control.FixRisk, judge values.Judge) *values.Result {
	t.Helper()
	out, err := values.Harden(t.Context(), "chart", &values.Options{Judge: judge, Most: most})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// uncommented leaves the comments of a values file out.
func uncommented(text []byte) string {
	var b strings.Builder
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestPatterns asserts what the values of a chart with the usual patterns can do, and that it is so for whoever renders the chart with them.
func TestPatterns(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/patterns.txtar")
	if err != nil {
		t.Fatal(err)
	}
	unpack(t, archive.Files)
	judge := judge(t)
	out := harden(t, control.Breaking, judge)
	again := harden(t, control.Breaking, judge)
	if !bytes.Equal(out.Text, again.Text) {
		t.Errorf("the second run gives another file:\n%s\n%s", out.Text, again.Text)
	}
	if err := os.WriteFile("hardened.yaml", out.Text, 0o600); err != nil {
		t.Fatal(err)
	}
	count := func(opts helm.Options) (mendable, pods int, all map[string]int) {
		t.Helper()
		manifests, err := helm.Render(t.Context(), "chart", opts)
		if err != nil {
			t.Fatal(err)
		}
		found, err := judge(t.Context(), manifests, false)
		if err != nil {
			t.Fatal(err)
		}
		all = map[string]int{}
		for _, f := range found {
			if f.Status != control.Fail {
				continue
			}
			all[fmt.Sprintf("%s %s %s", f.Control.ID, f.Ref.String(), f.Ref.Container)]++
			if f.Control.Layer == control.Pods {
				pods++
				if f.Fix != nil {
					mendable++
				}
			}
		}
		return mendable, pods, all
	}
	mendable, pods, before := count(helm.Options{})
	mendableLeft, podsLeft, after := count(helm.Options{ValuesFiles: []string{"hardened.yaml"}})
	t.Logf("pods: %d findings, %d of them with a fix; with the values %d and %d; %d probes, %d proofs", pods, mendable, podsLeft, mendableLeft, out.Probes, out.Proofs)
	// Others need a person, such as whoever knows how much memory a container takes.
	if gone := mendable - mendableLeft; gone*100 < mendable*80 || mendable < 40 {
		t.Errorf("of %d findings on pods that have a fix %d are gone, want at least 80 %%", mendable, gone)
	}
	if mendableLeft*100 > mendable*5 {
		t.Errorf("of %d findings with a fix %d are left", mendable, mendableLeft)
	}
	for name := range after {
		if before[name] == 0 && !strings.Contains(name, "user-namespace-not-used") && !strings.HasPrefix(name, "run-as-") {
			t.Errorf("%s is new", name)
		}
	}
	if len(before)-len(after) <= 0 || len(out.Fixed) == 0 {
		t.Errorf("%d are told to be gone", len(out.Fixed))
	}
	var unused []string
	for _, u := range out.Unused {
		unused = append(unused, fmt.Sprintf("%s:%d %s %t", u.File, u.Line, u.Key, u.Mentioned))
	}
	want := []string{"chart/values.yaml:37 containerSecurityContext false", "chart/values.yaml:41 networkPolicy false"}
	if !slices.Equal(unused, want) {
		t.Errorf("unused values are %q, want %q", unused, want)
	}
	if out.Probes > 40 {
		t.Errorf("%d renderings to find the places of values", out.Probes)
	}
}

const head = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\nspec:\n"

// TestValues has one pattern of charts in each case.
func TestValues(t *testing.T) {
	const escalation, rootfs, network = "privilege-escalation-allowed", "read-only-root-filesystem-missing", "host-network"
	for _, c := range []struct {
		name     string
		controls []string
		values   string
		pod      string            // what stands below spec in the template
		more     map[string]string // other files
		want     string            // the values file without comments
		left     []string          // controls that are left, with the reason
		dropped  []string
		switches []string
	}{
		{
			name: "a scalar", controls: []string{network}, values: "net: true",
			pod:  "hostNetwork: {{ .Values.net }}\ncontainers: [{name: a, image: a}]",
			want: "net: null\n",
		},
		{
			name: "a table", controls: []string{escalation}, values: "sc: {}",
			pod:  "containers:\n- name: a\n  securityContext: {{ toYaml .Values.sc | nindent 6 }}",
			want: "sc:\n  allowPrivilegeEscalation: false\n",
		},
		{
			name: "null", controls: []string{escalation}, values: "sc:",
			pod:  "containers:\n- name: a\n  {{- with .Values.sc }}\n  securityContext: {{ toYaml . | nindent 6 }}\n  {{- end }}",
			want: "sc:\n  allowPrivilegeEscalation: false\n",
		},
		{
			name: "not declared", controls: []string{escalation}, values: "a: 1",
			pod:  "containers:\n- name: a\n  {{- with .Values.sc }}\n  securityContext: {{ toYaml . | nindent 6 }}\n  {{- end }}",
			want: "sc:\n  allowPrivilegeEscalation: false\n",
		},
		{
			name: "a field that is not declared", controls: []string{rootfs}, values: "sc: {uid: 5}",
			pod:  "containers:\n- name: a\n  securityContext:\n    runAsUser: {{ .Values.sc.uid }}\n    readOnlyRootFilesystem: {{ .Values.sc.readOnly | default false }}",
			want: "sc:\n  readOnly: true\n",
		},
		{
			name: "a number", controls: []string{"run-as-low-uid"}, values: "uid: 0",
			pod:  "securityContext:\n  runAsUser: {{ .Values.uid }}\ncontainers: [{name: a}]",
			want: "uid: 10001\n",
		},
		{
			name: "a number through int", controls: []string{"run-as-low-uid"}, values: "uid: 7",
			pod:  "securityContext:\n  runAsUser: {{ int .Values.uid }}\ncontainers: [{name: a}]",
			want: "uid: 10001\n",
		},
		{
			name: "a part of a text", controls: []string{"image-registry-implicit"}, values: "image: {repository: acme/app, tag: v1}",
			pod:  "containers:\n- name: a\n  image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"",
			want: "image:\n  repository: docker.io/acme/app\n",
		},
		{
			name: "a list of containers", controls: []string{escalation}, values: "containers:\n- name: a\n- name: b\n  securityContext: {runAsUser: 10005}",
			pod: "containers: {{ toYaml .Values.containers | nindent 4 }}",
			want: "containers:\n  - name: a\n    securityContext:\n      allowPrivilegeEscalation: false\n" +
				"  - name: b\n    securityContext:\n      allowPrivilegeEscalation: false\n      runAsUser: 10005\n",
		},
		{
			name: "a list with a secret", controls: []string{escalation}, values: "containers:\n- name: a\n  env: [{name: DB_PASSWORD, value: horse-battery-9}]",
			pod:  "containers: {{ toYaml .Values.containers | nindent 4 }}",
			left: []string{escalation + ": containers[0].securityContext.allowPrivilegeEscalation was tried: containers holds what looks like a secret"},
			dropped: []string{
				"containers[0].securityContext.allowPrivilegeEscalation: containers holds what looks like a secret, which the values file would repeat",
			},
		},
		{
			name: "an item of a list", controls: []string{"capability-added-beyond-net-bind-service"}, values: "sc: {capabilities: {add: [NET_BIND_SERVICE, SYS_ADMIN]}}",
			pod:  "containers:\n- name: a\n  securityContext: {{ toYaml .Values.sc | nindent 6 }}",
			want: "sc:\n  capabilities:\n    add:\n      - NET_BIND_SERVICE\n",
		},
		{
			name: "the pod's value for its containers", controls: []string{"seccomp-profile-missing"}, values: "pod: {}",
			pod:  "{{- with .Values.pod }}\nsecurityContext: {{ toYaml . | nindent 4 }}\n{{- end }}\ncontainers: [{name: a}, {name: b}]",
			want: "pod:\n  seccompProfile:\n    type: RuntimeDefault\n",
		},
		{
			name: "a switch that is off", controls: []string{escalation}, values: "sc: {enabled: false}",
			pod:  "containers:\n- name: a\n  {{- if .Values.sc.enabled }}\n  securityContext: {{ toYaml (omit .Values.sc \"enabled\") | nindent 6 }}\n  {{- end }}",
			want: "sc:\n  enabled: true\n  allowPrivilegeEscalation: false\n",
		},
		{
			name: "a list that templates go through", controls: []string{escalation}, values: "parts:\n- id: a\n- id: b",
			pod: "containers:\n{{- range .Values.parts }}\n- name: {{ .id }}\n  {{- with .securityContext }}\n  securityContext: {{ toYaml . | nindent 6 }}\n  {{- end }}\n{{- end }}",
			want: "parts:\n  - id: a\n    securityContext:\n      allowPrivilegeEscalation: false\n" +
				"  - id: b\n    securityContext:\n      allowPrivilegeEscalation: false\n",
		},
		{
			name: "a template that refuses the value", controls: []string{escalation, rootfs}, values: "sc: {}",
			pod:     "{{- if .Values.sc.readOnlyRootFilesystem }}{{ fail \"it has to write\" }}{{ end }}\ncontainers:\n- name: a\n  securityContext: {{ toYaml .Values.sc | nindent 6 }}",
			want:    "sc:\n  allowPrivilegeEscalation: false\n",
			left:    []string{rootfs + ": sc.readOnlyRootFilesystem was tried: the chart does not render"},
			dropped: []string{"sc.readOnlyRootFilesystem: the chart does not render with it: render chart chart: chart/templates/pod.yaml:6: it has to write"},
		},
		{
			name: "a schema that refuses the value", controls: []string{rootfs}, values: "sc: {}",
			pod:     "containers:\n- name: a\n  securityContext: {{ toYaml .Values.sc | nindent 6 }}",
			more:    map[string]string{"values.schema.json": `{"properties": {"sc": {"additionalProperties": false}}}`},
			left:    []string{rootfs},
			dropped: []string{"sc.readOnlyRootFilesystem: the chart does not render with it"},
		},
		{
			name: "a value that brings something else", controls: []string{rootfs, network}, values: "sc: {}",
			pod:     "hostNetwork: {{ hasKey .Values.sc \"readOnlyRootFilesystem\" }}\ncontainers:\n- name: a\n  securityContext: {{ toYaml .Values.sc | nindent 6 }}",
			left:    []string{rootfs},
			dropped: []string{"sc.readOnlyRootFilesystem: it brings host-network in Pod/p"},
		},
		{
			name: "a value with which nothing can be read", controls: []string{rootfs}, values: "sc: {}",
			pod:     "{{ if hasKey .Values.sc \"readOnlyRootFilesystem\" }}broken: [{{ end }}\ncontainers:\n- name: a\n  securityContext: {{ toYaml .Values.sc | nindent 6 }}",
			left:    []string{rootfs},
			dropped: []string{"sc.readOnlyRootFilesystem: what the chart renders with it cannot be read"},
		},
		{
			name: "one value for two that need different ones", controls: []string{"image-registry-implicit"}, values: "image: app",
			pod:  "containers:\n- name: a\n  image: {{ .Values.image }}\n- name: b\n  image: {{ .Values.image }}",
			want: "image: docker.io/library/app\n",
		},
		{
			name: "a switch that mends", controls: []string{network}, values: "hostNetwork: true\nother: true",
			pod:  "{{- if .Values.hostNetwork }}\nhostNetwork: true\n{{- end }}\ncontainers: [{name: a}]",
			want: "hostNetwork: false\n",
		},
		{
			name: "a switch that does more than it may", controls: []string{"pod-not-covered-by-network-policy"}, values: "networkPolicy: {enabled: false}",
			pod: "containers: [{name: a}]",
			more: map[string]string{"templates/policy.yaml": "{{- if .Values.networkPolicy.enabled }}\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n" +
				"metadata:\n  name: n\nspec:\n  podSelector: {}\n  policyTypes: [Ingress, Egress]\n{{- end }}\n"},
			left:     []string{"pod-not-covered-by-network-policy"},
			switches: []string{"networkPolicy.enabled=true"},
		},
		{
			name: "a probe is not turned off", controls: []string{"probes-identical", "liveness-probe-missing"}, values: "livenessProbe: {enabled: true}",
			pod: "containers:\n- name: a\n  readinessProbe: {tcpSocket: {port: 80}}\n  {{- if .Values.livenessProbe.enabled }}\n" +
				"  livenessProbe: {tcpSocket: {port: 80}}\n  {{- end }}",
			left: []string{"probes-identical"},
		},
		{
			name: "no value", controls: []string{escalation}, values: "a: 1",
			pod:  "containers:\n- name: a",
			left: []string{escalation + ": no value of the chart reaches it"},
		},
		{
			name: "values of others do not hide it", controls: []string{escalation}, values: "mode: pod\nlevel: 3\nsc: {}\nword: abc",
			pod: "{{- if not (has .Values.mode (list \"pod\" \"job\")) }}{{ fail \"no such mode\" }}{{ end }}\n" +
				"{{- if gt (int .Values.level) 9 }}{{ fail \"no such level\" }}{{ end }}\n{{- $_ := substr 0 3 .Values.word }}\n" +
				"containers:\n- name: a\n  {{- if eq .Values.mode \"pod\" }}\n  securityContext: {{ toYaml .Values.sc | nindent 6 }}\n  {{- end }}",
			want: "sc:\n  allowPrivilegeEscalation: false\n",
		},
		{
			name: "a key that YAML reads as something else", controls: []string{escalation}, values: "\"on\": {\"a.b\": {}}",
			pod:  "containers:\n- name: a\n  securityContext: {{ toYaml (index .Values \"on\" \"a.b\") | nindent 6 }}",
			want: "\"on\":\n  a.b:\n    allowPrivilegeEscalation: false\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{
				"Chart.yaml":         "apiVersion: v2\nname: c\nversion: 1.0.0\n",
				"values.yaml":        c.values + "\n",
				"templates/pod.yaml": head + "  " + strings.ReplaceAll(c.pod, "\n", "\n  ") + "\n",
			}
			maps.Copy(files, c.more)
			var list []txtar.File
			for name, text := range files {
				list = append(list, txtar.File{Name: "chart/" + name, Data: []byte(text)})
			}
			unpack(t, list)
			out := harden(t, control.Breaking, judge(t, c.controls...))
			if got := uncommented(out.Text); got != c.want {
				t.Errorf("values:\n%s\nwant:\n%s", got, c.want)
			}
			var left, dropped []string
			for _, l := range out.Left {
				left = append(left, l.Control.ID+": "+l.Reason)
			}
			for _, d := range out.Dropped {
				dropped = append(dropped, d.Key+": "+d.Reason)
			}
			same := func(got, want []string) bool {
				return slices.EqualFunc(got, want, func(g, w string) bool { return strings.HasPrefix(g, w) })
			}
			if !same(left, c.left) {
				t.Errorf("left is %q, want %q", left, c.left)
			}
			if !same(dropped, c.dropped) {
				t.Errorf("dropped is %q, want %q", dropped, c.dropped)
			}
			var switches []string
			for _, s := range out.Switches {
				switches = append(switches, fmt.Sprintf("%s=%t", s.Key, s.Value))
			}
			if !slices.Equal(switches, c.switches) {
				t.Errorf("switches are %q, want %q", switches, c.switches)
			}
			if out.Probes > 40 || out.Proofs > 80 {
				t.Errorf("%d probes and %d proofs", out.Probes, out.Proofs)
			}
		})
	}
}
