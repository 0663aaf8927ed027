package live_test

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/test/cluster"
)

// TestMinors scans what kubeadm sets up, in each release that there is: the control plane is known, its weak settings are found, and the release to
// judge for is the server's.
func TestMinors(t *testing.T) {
	t.Parallel()
	for _, minor := range cluster.Minors() {
		t.Run(minor, func(t *testing.T) {
			t.Parallel()
			c := cluster.Start(t, cluster.Options{Minor: minor, Defaults: true, Mirror: true})
			r, outcome := scan(t, c.Kubeconfig())
			if outcome.code != 1 {
				t.Fatalf("exit %d: %s", outcome.code, outcome.stderr)
			}
			if !strings.Contains(r.Cluster, "v"+minor) || r.KubernetesVersion != minor {
				t.Errorf("cluster %q, judged for %q", r.Cluster, r.KubernetesVersion)
			}
			failed := map[string]bool{}
			for _, f := range r.findings() {
				if f.Status == "fail" {
					for _, id := range append(f.Folded, f.Control) {
						failed[id] = true
					}
				}
			}
			for _, id := range []string{
				"apiserver-anonymous-auth-enabled", "apiserver-audit-log-path-missing", "apiserver-profiling-enabled", "encryption-provider-config-missing",
				"namespace-psa-enforce-missing", "policy-enforcement-missing", "runtime-detection-missing", "apiserver-version-exposed-anonymously",
			} {
				if !failed[id] {
					t.Errorf("%s is not found", id)
				}
			}
		})
	}
}
