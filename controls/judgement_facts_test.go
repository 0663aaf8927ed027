package controls_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// TestCopiesAndKeysOfNodes: what facts say of copies of etcd and of the age of encryption keys, and what they leave unknown.
func TestCopiesAndKeysOfNodes(t *testing.T) {
	const (
		head   = "apiVersion: apiserver.config.k8s.io/v1\\nkind: EncryptionConfiguration\\nresources:\\n- resources: [secrets]\\n  providers:\\n"
		local  = head + "  - secretbox: {keys: [{name: a, secret: A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q=}]}\\n"
		kms    = head + "  - kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}\\n"
		plain  = head + "  - identity: {}\\n"
		none   = "not-applicable"
		backup = "etcd-backup-unprotected"
		keys   = "encryption-key-rotation-overdue"
	)
	file := func(role, more string) string {
		return "files: [{path: /x, roles: [" + role + "], type: file, mode: '0600'" + more + "}]"
	}
	config := func(modified, content string) string {
		return file("encryption-config", fmt.Sprintf(`, modified: %s, content: "%s"`, modified, content))
	}
	snapshot := func(more string) string { return file("etcd-snapshot", more) }
	for _, c := range []struct{ id, spec, want string }{
		{backup, "files: []", none},
		{backup, "{}", "unknown: is missing, so nothing is known of files"},
		{backup, "files: []\n  problems: [{path: /backup, affects: [etcd-snapshot], reason: permission denied}]", "unknown: could not be looked at: /backup: permission denied"},
		{backup, file("etcd-data-dir", ""), none},
		{backup, snapshot(", format: bbolt"), "fail: is bbolt: /x is a copy of etcd as it is, with every Secret that is not encrypted at rest"},
		{backup, strings.Replace(snapshot(", format: bbolt"), "0600", "0644", 1), "fail: encrypted at rest, and everybody on the node may use it (mode 0644)"},
		{backup, strings.Replace(snapshot(", format: gzip"), "0600", "0640", 1), "fail: is too open: /x is a backup of etcd, and its group may use it (mode 0640)"},
		{backup, snapshot(", format: gzip"), "unknown: is gzip, which does not tell whether /x, a backup of etcd, is encrypted"},
		{backup, snapshot(""), "unknown: is not known of /x, so it cannot be told whether this backup of etcd is encrypted"},
		{backup, snapshot(", format: age"), "pass"},
		{backup, strings.Replace(snapshot(", format: age"), "'0600'", "rw", 1), "unknown: of /x is not known"},

		{keys, "files: []", none},
		{keys, "{}", "unknown: is missing, so nothing is known of files"},
		{keys, config("2020-01-01T00:00:00Z", kms), none},
		{keys, config("2020-01-01T00:00:00Z", plain), none},
		{keys, config("2024-01-01T00:00:00Z", local), "fail: is 2024-01-01: /x was last changed 731 days ago, so its keys are at least that old"},
		{keys, "collectedAt: 2024-06-01T00:00:00Z\n  " + config("2024-01-01T00:00:00Z", local), "pass"},
		{keys, config("2025-01-01T00:00:00Z", local), "pass"},
		{keys, config("2024-12-31T00:00:00Z", local), "fail: last changed 366 days ago, so its keys are at least that old"},
		{keys, config("2027-01-01T00:00:00Z", local), "unknown: of /x is in the future, so a clock is wrong"},
		{keys, config("yesterday", local), "unknown: of /x is no time"},
		{keys, file("encryption-config", `, content: "`+local+`"`), "unknown: is not known of /x, so neither is how old its keys are"},
		{keys, file("encryption-config", ", modified: 2024-01-01T00:00:00Z"), "unknown: is 2024-01-01: /x was last changed 731 days ago, so its keys are at least that old, if it has any: its content is not known"},
		{keys, file("encryption-config", ", modified: 2025-12-01T00:00:00Z"), "pass"},
	} {
		spec := "spec:\n  " + c.spec
		if c.spec == "{}" {
			spec = "spec: {}"
		}
		text := "apiVersion: kubeharden.io/v1alpha1\nkind: NodeFacts\nmetadata: {name: a}\n" + spec + "\n"
		got := none
		inputs := func(yield func(engine.Input) bool) {
			yield(engine.Input{Path: "a.yaml", Read: func() ([]byte, error) { return []byte(text), nil }})
		}
		options := &engine.Options{Controls: controls.Find(c.id), Version: control.LatestMinor, Now: now, NoFold: true}
		summary, err := engine.Scan(t.Context(), inputs, options, func(f *report.File) error {
			for i := range f.Findings {
				if f.Findings[i].Control.ID == c.id {
					got = f.Findings[i].Status.String() + ": " + f.Findings[i].Message
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if summary.Controls[0][control.Pass] > 0 {
			got = "pass"
		}
		// The message begins with the path of what is wrong.
		status, problem, _ := strings.Cut(c.want, ": ")
		if !strings.HasPrefix(got, status) || !strings.HasSuffix(got, problem) {
			t.Errorf("%s\n%s\ngot  %s\nwant %s", c.id, c.spec, got, c.want)
		}
	}
}
