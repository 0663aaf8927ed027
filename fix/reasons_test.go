package fix_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
)

// TestReasonOfEachVariable: variables that have to stay are told one by one, and do not keep the others from being fixed.
func TestReasonOfEachVariable(t *testing.T) {
	opts := &engine.Options{Controls: controls.Find("secret-in-env-var"), Version: control.LatestMinor, Fixes: true, Jobs: 1}
	const secret = "valueFrom: {secretKeyRef: {name: s, key: k}}}"
	var many strings.Builder
	for i := range 300 {
		fmt.Fprintf(&many, "{name: A%d, %s, ", i, secret)
	}
	for name, c := range map[string]struct {
		pod, container string
		// want are parts of the reasons in the order of the findings; "" is a fix.
		want []string
	}{
		"fine":               {"", "env: [{name: A, " + secret + "]", []string{""}},
		"one of two":         {"", "args: ['$(A)'], env: [{name: A, " + secret + ", {name: B, " + secret + "]", []string{"refers to $(A)", ""}},
		"other variable":     {"", "env: [{name: A, " + secret + ", {name: B, value: 'x$(A)'}]", []string{"refers to $(A)"}},
		"escaped":            {"", "env: [{name: A, " + secret + ", {name: B, value: 'x$$(A)'}]", []string{""}},
		"escaped twice":      {"", "env: [{name: A, " + secret + ", {name: B, value: 'x$$$(A)'}]", []string{"refers to $(A)"}},
		"path of a mount":    {"", "volumeMounts: [{name: v, mountPath: /v, subPathExpr: $(A)}], env: [{name: A, " + secret + "]", []string{"refers to $(A)"}},
		"shell":              {"", "command: [sh, -c, 'run $A']" + ", env: [{name: A, " + secret + "]", []string{"names the variable A"}},
		"probe":              {"", "livenessProbe: {exec: {command: [sh, -c, 'ping \"${A}\"']}}, env: [{name: A, " + secret + "]", []string{"names the variable A"}},
		"hook":               {"", "lifecycle: {preStop: {exec: {command: [stop, --token-env=A]}}}, env: [{name: A, " + secret + "]", []string{"names the variable A"}},
		"part of a word":     {"", "command: [sh, -c, 'run $A_B AB']" + ", env: [{name: A, " + secret + "]", []string{""}},
		"file variable":      {"", "env: [{name: A_FILE, value: /a}, {name: A, " + secret + "]", []string{"A_FILE already"}},
		"twice":              {"", "env: [{name: A, value: a}, {name: A, " + secret + "]", []string{"several times"}},
		"template":           {"", "env: [{name: A, valueFrom: {secretKeyRef: {name: '${S}', key: k}}}]", []string{"does not name a Secret"}},
		"key leads out":      {"", "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: ../k}}}]", []string{"a key of the Secret"}},
		"any of all":         {"", "args: ['$(A)'], envFrom: [{secretRef: {name: s}}]", []string{"variable A, which may be"}},
		"none of all":        {"", "args: ['$(A)'], env: [{name: A, value: a}], envFrom: [{secretRef: {name: s}}]", []string{""}},
		"shell of all":       {"", "args: ['echo ${A:-1} $1'], envFrom: [{secretRef: {name: s}}]", []string{"variable A, which may be"}},
		"non-root":           {"securityContext: {runAsNonRoot: true}", "env: [{name: A, " + secret + "]", []string{"fsGroup"}},
		"user":               {"", "securityContext: {runAsUser: 5}, env: [{name: A, " + secret + "]", []string{"fsGroup"}},
		"root in spite":      {"securityContext: {runAsUser: 5}", "securityContext: {runAsUser: 0}, env: [{name: A, " + secret + "]", []string{""}},
		"non-root of group":  {"securityContext: {runAsUser: 5, fsGroup: 5}", "env: [{name: A, " + secret + "]", []string{""}},
		"windows":            {"nodeSelector: {kubernetes.io/os: windows}", "env: [{name: A, " + secret + "]", []string{"Windows"}},
		"mount above":        {"", "volumeMounts: [{name: v, mountPath: /etc/secrets/}], env: [{name: A, " + secret + "]", []string{"mounted at /etc/secrets already"}},
		"more than is sound": {"", "env: [" + many.String() + "]", nil},
	} {
		t.Run(name, func(t *testing.T) {
			src := fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  %s\n  containers:\n  - {name: c, %s}\n", c.pod, c.container)
			f := fix.Apply("a.yaml", []byte(src), judged(t, "a.yaml", []byte(src), opts), control.Breaking)
			if c.want == nil {
				if f.Changed() {
					t.Error("is changed")
				}
				return
			}
			if len(f.Outcomes) != len(c.want) {
				t.Fatalf("%d findings in\n%s", len(f.Outcomes), src)
			}
			for i, o := range f.Outcomes {
				if !strings.Contains(o.Reason, c.want[i]) || (o.Reason == "") != (c.want[i] == "") {
					t.Errorf("%s: %q, want %q", o.Finding.Path, o.Reason, c.want[i])
				}
			}
		})
	}
}
