package live_test

import (
	"slices"
	"testing"
)

// TestProof has what was read and what was seen in one report.
func TestProof(t *testing.T) {
	c := examples(t)
	d, r := scan(t, c.Kubeconfig(), "--prove", "--control", "apiserver-anonymous-auth-enabled,default-service-account-bound,privileged-container")
	var probes []string
	for _, f := range d.Files {
		for _, finding := range f.Findings {
			if len(finding.Evidence) > 0 && !slices.Contains(probes, f.Path) {
				probes = append(probes, f.Path)
			}
		}
	}
	if want := []string{"prove/api-anonymous", "prove/default-service-accounts"}; !slices.Equal(probes, want) {
		t.Errorf("evidence of %q, want %q: exit %d, %s", probes, want, r.code, r.stderr)
	}
	if r.code != 1 { // the example has a privileged container
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	for _, counts := range d.Summary.Controls {
		if counts["id"] == "default-service-account-bound" && counts["pass"].(float64) < 4 {
			t.Errorf("the proof is not counted: %v", counts)
		}
	}
	if r := run(t, "scan", "--prove", "../../examples"); r.code != 2 {
		t.Errorf("files are attacked: %d", r.code)
	}
}
