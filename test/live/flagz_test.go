package live_test

import (
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/test/cluster"
)

// TestFlagz scans clusters whose control plane no pod shows, as managed ones are: its flags are known if the API server tells them, and unknown if not.
func TestFlagz(t *testing.T) {
	t.Parallel()
	c := cluster.Start(t, cluster.Options{APIServer: cluster.Flags{"feature-gates": "ComponentFlagz=true", "profiling": "true"}})
	profiling := func(r *document) (status, reason string) {
		for _, f := range r.findings() {
			if f.Control == "apiserver-profiling-enabled" || strings.Contains(strings.Join(f.Folded, " "), "apiserver-profiling-enabled") {
				return f.Status, f.Message + f.Reason
			}
		}
		return "", ""
	}
	told, _ := scan(t, c.Kubeconfig())
	if status, message := profiling(&told); status != "fail" || !strings.Contains(message, "--profiling is true") {
		t.Errorf("with /flagz: %s %s", status, message)
	}
	c.Restart(t, cluster.APIServer, cluster.Flags{"feature-gates": "ComponentFlagz=false"})
	silent, _ := scan(t, c.Kubeconfig())
	if status, reason := profiling(&silent); status != "unknown" || !strings.Contains(reason, "no kube-apiserver was seen") {
		t.Errorf("without: %s %s", status, reason)
	}
}
