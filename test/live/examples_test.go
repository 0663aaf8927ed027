package live_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// filesOnly are controls that say something of a manifest that nobody could say of the object.
var filesOnly = map[string]string{
	"secret-manifest-in-repository": "a Secret in a cluster is where it belongs",
}

// TestExamples scans the same manifests in their files and in a cluster: what is wrong with them is wrong there too.
func TestExamples(t *testing.T) {
	c := examples(t)
	files, _ := decoded(t, run(t, "scan", filepath.Join("..", "..", "examples", "insecure"), "--no-config", "--format", "json", "--no-fold"))
	live, r := scan(t, c.Kubeconfig(), "--no-fold")
	if r.code != 1 {
		t.Errorf("exit %d, stderr %s", r.code, r.stderr)
	}
	if !strings.Contains(live.Cluster, "v1.37") {
		t.Errorf("the cluster is called %q", live.Cluster)
	}
	seen := map[string]bool{}
	for _, f := range live.findings() {
		seen[f.Control+" "+f.subject()] = true
	}
	missed := map[string]bool{}
	for _, f := range files.findings() {
		if filesOnly[f.Control] == "" && !seen[f.Control+" "+f.subject()] && !missed[f.Control+f.subject()] {
			missed[f.Control+f.subject()] = true
			t.Errorf("the cluster has no finding %s of %s: %s", f.Control, f.subject(), f.Message)
		}
	}
	told := map[string]bool{}
	for _, f := range files.findings() {
		told[f.Control+" "+f.subject()] = true
	}
	for _, f := range live.findings() {
		if f.Object.Namespace == "shop" && !told[f.Control+" "+f.subject()] {
			t.Logf("only in the cluster: %s of %s: %s", f.Control, f.subject(), f.Message)
		}
	}
}
