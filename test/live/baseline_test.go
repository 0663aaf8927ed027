package live_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestBaseline remembers what a cluster has, and finds what is new.
func TestBaseline(t *testing.T) {
	c := examples(t)
	c.Namespace(t, "known")
	c.Apply(t, `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "old", "namespace": "known"}, "data": {"password": "horse-Battery-9-staple"}}`)
	file := filepath.Join(t.TempDir(), "baseline.json")
	if r := run(t, "baseline", "write", "--cluster", "--kubeconfig", c.Kubeconfig(), "--no-config", "--output", file); r.code != 0 {
		t.Fatal(r.stderr)
	}
	if d, r := scan(t, c.Kubeconfig(), "--baseline", file); r.code != 0 {
		for _, f := range d.findings() {
			if f.Status == "fail" {
				t.Errorf("new: %s of %s", f.Control, f.subject())
			}
		}
	}
	c.Apply(t, `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new", "namespace": "known"}, "data": {"password": "horse-Battery-9-staple"}}`)
	d, _ := scan(t, c.Kubeconfig(), "--baseline", file)
	var fresh []string
	for _, f := range d.findings() {
		if f.Status == "fail" {
			fresh = append(fresh, f.subject())
		}
	}
	if got := strings.Join(fresh, " "); got != "ConfigMap/known/new" {
		t.Errorf("new are %q", got)
	}
}
