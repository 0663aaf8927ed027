package values_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/fix/values"
	"github.com/kubeharden/kubeharden/report"
	"github.com/kubeharden/kubeharden/source/helm"
)

func small(values, template string) []txtar.File {
	return []txtar.File{
		{Name: "chart/Chart.yaml", Data: []byte("apiVersion: v2\nname: c\nversion: 1.0.0\n")},
		{Name: "chart/values.yaml", Data: []byte(values)},
		{Name: "chart/templates/t.yaml", Data: []byte(template)},
	}
}

// TestHostile has charts that take long or lead astray whoever is not careful.
func TestHostile(t *testing.T) {
	var many, deep, refusing, containers strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&many, "k%d: {resources: {}, n: %d}\n", i, i)
	}
	for i := range 150 {
		deep.WriteString(strings.Repeat(" ", i) + "securityContext:\n")
	}
	for i := range 500 {
		fmt.Fprintf(&refusing, "{{- if ne (int .Values.k%d.n) %d }}{{ fail \"no\" }}{{ end }}\n", i, i)
		fmt.Fprintf(&containers, "  - name: c%d\n    securityContext: {{ toYaml .Values.k%d.resources | nindent 6 }}\n", i, i)
	}
	pod := head + "  containers:\n  - name: a\n    securityContext: {{ toYaml .Values.sc | nindent 6 }}\n"
	for _, c := range []struct{ name, values, template string }{
		{"many values", many.String() + "sc: {}\n", pod},
		{"many containers", many.String() + "sc: {}\n", pod + containers.String()},
		{"values in values", deep.String(), pod},
		{"a template that refuses everything", many.String() + "sc: {}\n", refusing.String() + pod},
		{"marks", "sc: {khs00001x: khk00002x}\na: khs00003x\n", pod},
		{"names that are no keys", "sc: {}\n\"a\\nb\": {\"\": {\"[0]\": {resources: {}}}}\n", pod},
		{"a list in lists", "sc: {}\nl: [[[[{resources: {}}]]]]\n", pod},
		{"values that are not there", "", pod},
	} {
		t.Run(c.name, func(t *testing.T) {
			unpack(t, small(c.values, c.template))
			out, err := values.Harden(t.Context(), "chart", &values.Options{Judge: judge(t, "privilege-escalation-allowed"), Most: control.Breaking})
			if err != nil {
				t.Fatal(err)
			}
			if out.Probes > 40 || out.Proofs > 120 {
				t.Errorf("%d probes and %d proofs", out.Probes, out.Proofs)
			}
			if c.name != "many containers" && c.name != "a template that refuses everything" && (len(out.Fixed) != 1 || len(out.Left) != 0) {
				t.Errorf("%d are gone and %d are left, dropped are %v", len(out.Fixed), len(out.Left), out.Dropped)
			}
		})
	}
}

// TestComments asserts that nothing of a chart gets out of a comment of the values file.
func TestComments(t *testing.T) {
	unpack(t, small("sc: {}\n", strings.Replace(head, "name: p", "name: \"p\\nevil: true # \\e[31m\"", 1)+
		"  containers:\n  - name: \"a\\nevil: true\"\n    securityContext: {{ toYaml .Values.sc | nindent 6 }}\n"))
	out := harden(t, control.Breaking, judge(t, "privilege-escalation-allowed"))
	if got, want := uncommented(out.Text), "sc:\n  allowPrivilegeEscalation: false\n"; got != want {
		t.Errorf("values are\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(string(out.Text), "\x1b") {
		t.Errorf("there is an escape in %q", out.Text)
	}
}

// FuzzHarden asserts that what is made is proven, whatever the chart.
func FuzzHarden(f *testing.F) {
	f.Add("sc: {}\n", "{{ toYaml .Values.sc | nindent 6 }}")
	f.Add("a: [1, {b: c}]\nsc: {enabled: false}\n", "{{ range .Values.a }}{{ . }}{{ end }}{}")
	f.Add("a: {b: {c: 1}, d: {c: 2}}\n", "{{ range $k, $v := .Values.a }}\n      runAs{{ $k }}: {{ $v.c }}{{ end }}")
	f.Fuzz(func(t *testing.T, text, template string) {
		unpack(t, small(text, head+"  containers:\n  - name: a\n    securityContext: "+template+"\n"))
		if _, err := helm.Render(t.Context(), "chart", helm.Options{}); err != nil {
			t.Skip(err)
		}
		out, err := values.Harden(t.Context(), "chart", &values.Options{Judge: judgeBy(t, func(report.Problem) {}, "privilege-escalation-allowed", "read-only-root-filesystem-missing"), Most: control.Breaking})
		if err != nil {
			t.Fatal(err)
		}
		if (out.Text == nil) != (len(out.Fixed) == 0) {
			t.Errorf("%d are gone with\n%s", len(out.Fixed), out.Text)
		}
	})
}
