package live_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kubeharden/kubeharden/test/cluster"
)

// TestKilled kills the API server in the middle of a scan, and then asks one that is not there.
func TestKilled(t *testing.T) {
	t.Parallel()
	c := cluster.Start(t, cluster.Options{})
	var n atomic.Int64
	_, kubeconfig := between(t, c.Kubeconfig(), func(http.ResponseWriter, *http.Request) bool {
		if n.Add(1) == 12 {
			c.Kill(t, cluster.APIServer)
		}
		return false
	})
	d, r := scan(t, kubeconfig)
	if r.code != 2 || !strings.Contains(r.stderr, "cannot list") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	unknown := 0
	for _, f := range d.findings() {
		if f.Status == "unknown" {
			unknown += 1 + len(f.Folded)
		}
	}
	if unknown < 50 {
		t.Errorf("only %d controls are unknown", unknown)
	}
	if _, r := scan(t, c.Kubeconfig()); r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, "is the API server running") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
}

// TestCredentials comes with a token that is over, with one that nobody issued, and as somebody who may do nothing.
func TestCredentials(t *testing.T) {
	c := examples(t)
	for name, test := range map[string]struct{ kubeconfig, says string }{
		"expired": {c.WithToken(t, c.ExpiredToken(t, "default", "default")), "may have expired"},
		"foreign": {c.WithToken(t, "abc"), "may have expired"},
	} {
		if _, r := scan(t, test.kubeconfig); r.code != 2 || r.stdout != "" || !strings.Contains(r.stderr, test.says) {
			t.Errorf("%s: exit %d: %s", name, r.code, r.stderr)
		}
	}
	d, r := scan(t, c.AsUser(t, "nobody"))
	if r.code != 2 || !strings.Contains(r.stderr, "cannot list pods: 403 Forbidden") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	for _, f := range d.findings() {
		if f.Status == "fail" && f.Object.Kind != "ClusterFacts" {
			t.Errorf("somebody who sees nothing finds %s of %s", f.Control, f.subject())
		}
	}
}
