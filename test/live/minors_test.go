package live_test

import (
	"fmt"
	"net/http"
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

// TestOtherReleases pretends that the server is older or newer than any release known: it is scanned all the same, and judged for what it is.
func TestOtherReleases(t *testing.T) {
	c := examples(t)
	for version, says := range map[string]string{
		"v1.33.5": "", "v1.39.0": "warning: Kubernetes 1.39 is newer than what this version knows", "v1.36.1-gke.100": "",
	} {
		_, kubeconfig := between(t, c.Kubeconfig(), func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/version" {
				return false
			}
			fmt.Fprintf(w, `{"major":"1","minor":"%s","gitVersion":%q}`, strings.Split(version, ".")[1], version)
			return true
		})
		d, r := scan(t, kubeconfig)
		if r.code != 1 || d.KubernetesVersion != strings.Join(strings.SplitN(version[1:], ".", 3)[:2], ".") || !strings.Contains(r.stderr, says) || says == "" && strings.Contains(r.stderr, "newer") {
			t.Errorf("%s: exit %d, judged for %s: %s", version, r.code, d.KubernetesVersion, r.stderr)
		}
	}
}
