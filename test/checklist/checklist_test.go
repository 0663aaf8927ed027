// Package checklist_test judges the examples of the hardening checklist that the project began with, written anew with the same mistakes.
package checklist_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/internal/cli"
)

var update = flag.Bool("update", false, "rewrite testdata/findings.txt; every changed line is to be reviewed")

const manifests = "testdata/manifests"

// answer is what is needed of the JSON that the program writes.
type answer struct {
	Files []struct {
		Path     string
		Findings []struct {
			Status, Severity, Control, Message string
			Place                              struct{ Line int }
		}
		Problems []struct{ Message string }
	}
}

// run runs the program and returns what it writes.
func run(t *testing.T, args ...string) (out []byte, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Main(t.Context(), cli.Process{
		Args: append([]string{"kubeharden"}, args...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) },
	})
	if stderr.Len() > 0 {
		t.Logf("%s", stderr.Bytes())
	}
	return stdout.Bytes(), code
}

// scan returns findings as "severity control file:line message". What the controls on pods say of the static pod of the API server is left
// out: that is not what the checklist is about.
func scan(t *testing.T, args ...string) []string {
	t.Helper()
	out, _ := run(t, append([]string{"scan", "--no-config", "--format", "json"}, args...)...)
	var a answer
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatal(err)
	}
	static := podControls(t)
	var lines []string
	for _, file := range a.Files {
		name := filepath.Base(file.Path)
		for _, p := range file.Problems {
			t.Errorf("%s: %s", name, p.Message)
		}
		for _, f := range file.Findings {
			if name == "kube-apiserver.yaml" && static[f.Control] {
				continue
			}
			severity := f.Severity
			if f.Status != "fail" {
				severity = f.Status
			}
			lines = append(lines, fmt.Sprintf("%s %s %s:%d %s", severity, f.Control, name, f.Place.Line, f.Message))
		}
	}
	slices.Sort(lines)
	return lines
}

// podControls are the controls of the layers pods and images.
func podControls(t *testing.T) map[string]bool {
	t.Helper()
	out, _ := run(t, "controls", "list", "--layer", "pods,images,rbac", "--format", "json")
	var all []struct{ ID string }
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for _, c := range all {
		ids[c.ID] = true
	}
	if len(ids) == 0 {
		t.Fatal("no controls on pods")
	}
	return ids
}

// TestFindings holds all that is said of the examples, line by line.
func TestFindings(t *testing.T) {
	got := scan(t, manifests)
	const file = "testdata/findings.txt"
	if *update {
		if err := os.WriteFile(file, []byte(strings.Join(got, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(src), "\n"), "\n")
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("is said and is not in %s: %s", file, line)
		}
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("is in %s and is not said: %s", file, line)
		}
	}
}

// TestMistakesOfTheChecklist has what an expert would say of each example, so that no new golden file loses it.
func TestMistakesOfTheChecklist(t *testing.T) {
	got := scan(t, manifests)
	for _, want := range []struct{ why, line string }{
		{"init and ephemeral containers are not covered by the policy on registries", "high image-policy-containers-uncovered images.yaml:15 "},
		{"the lower-case action is retired", "low policy-action-retired images.yaml:6 spec.validationFailureAction is enforce"},
		{"verification of signatures only warns", "medium policy-engine-audit-only images.yaml:28 "},
		{"the public key is cut off", "high image-policy-key-invalid images.yaml:29 "},
		{"the version of ExternalSecret is retired", "medium external-secret-api-retired secrets.yaml:1 "},
		{"the plugin is gone", "high apiserver-admission-pod-security-disabled kube-apiserver.yaml:28 admission plugin PodSecurityPolicy was removed"},
		{"the audit policy is no file of the container", "high audit-policy-missing kube-apiserver.yaml:27 "},
		{"the audit log goes with the container", "high apiserver-audit-log-path-missing kube-apiserver.yaml:23 "},
		{"etcd does not ask its peers who they are", "etcd.service:"},
		{"the kubelet asks nobody about tokens", "high kubelet-webhook-authentication-disabled kubelet.service:"},
		{"Secrets are in the audit log", "critical audit-policy-logs-secret-bodies audit-policy.yaml:5 "},
		{"what no rule matches is not logged", "medium audit-policy-incomplete audit-policy.yaml:4 "},
		{"the macros are not in the file", "info falco-rules-invalid falco-rules.yaml:4 builds on spawned_process, container, shell_procs"},
		{"the key is a placeholder", "high encryption-config-invalid encryption.yaml:10 "},
		{"the provider is weak", "encryption.yaml:7 resources[0].providers[0] is aescbc"},
		{"Deployments are a way to any service account", "high rbac-create-pods rbac.yaml:"},
		{"and so is changing them", "medium rbac-workload-service-account-swap rbac.yaml:"},
		{"a person is cluster-admin", "critical rbac-cluster-admin-binding rbac.yaml:"},
		{"a password is in the environment", "medium secret-in-env-var application.yaml:"},
		{"nothing resolves names any more", "medium network-policy-dns-egress-missing network.yaml:"},
	} {
		if !slices.ContainsFunc(got, func(line string) bool { return strings.Contains(line, want.line) }) {
			t.Errorf("%s: nothing says %q", want.why, want.line)
		}
	}
}

// TestPluginsByVersion: up to 1.24 the API server has the plugin PodSecurityPolicy, and the checklist is right.
func TestPluginsByVersion(t *testing.T) {
	src, err := os.ReadFile(filepath.Join(manifests, "kube-apiserver.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for version, gone := range map[string]bool{"v1.24.17": false, "v1.25.0": true, "v1.37.2": true} {
		file := filepath.Join(t.TempDir(), "kube-apiserver.yaml")
		if err := os.WriteFile(file, bytes.ReplaceAll(src, []byte("v1.37.2"), []byte(version)), 0o600); err != nil {
			t.Fatal(err)
		}
		got := scan(t, "--control", "apiserver-admission-pod-security-disabled", file)
		if said := len(got) > 0; said != gone {
			t.Errorf("%s: %q", version, got)
		}
	}
}

// TestFalcoCheck: alone, Falco does not load the rule.
func TestFalcoCheck(t *testing.T) {
	out, code := run(t, "falco", "check", "--format", "json", filepath.Join(manifests, "falco-rules.yaml"))
	var a struct {
		OK       bool
		Problems []struct {
			Level, Message string
			Place          struct{ Line int }
		}
	}
	if err := json.Unmarshal(out, &a); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range a.Problems {
		got = append(got, fmt.Sprintf("%s %d %s", p.Level, p.Place.Line, p.Message))
	}
	want := []string{
		"error 4 Undefined macro 'spawned_process' used in filter.",
		"error 4 Undefined macro 'container' used in filter.",
		"error 4 Undefined macro 'shell_procs' used in filter.",
	}
	if a.OK || code != cli.ExitFindings || !slices.Equal(got, want) {
		t.Errorf("ok %t, exit code %d, %q", a.OK, code, got)
	}
}
