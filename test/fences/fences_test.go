// Package fences tests who may depend on whom. The linter looks at single imports; this looks at all that follows
// from them, and so at what ends up in the binary.
package fences

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/kubeharden/kubeharden/"

func TestDependencies(t *testing.T) {
	for _, c := range []struct {
		why       string
		packages  []string
		forbidden []string
	}{
		{
			why:      "they are the ground and usable alone",
			packages: []string{"tree", "object", "control"},
			forbidden: []string{
				"k8s.io/", "sigs.k8s.io/controller-runtime", "github.com/spf13/", "github.com/google/cel-go", "net/http",
				module + "controls", module + "engine", module + "report", module + "source", module + "internal",
			},
		},
		{
			why:       "it knows no Kubernetes",
			packages:  []string{"tree"},
			forbidden: []string{module + "object", module + "control"},
		},
		{
			why:       "it only judges: who reads input and who prints is not its business",
			packages:  []string{"controls"},
			forbidden: []string{"k8s.io/", "github.com/spf13/", module + "engine", module + "report", module + "source", module + "internal"},
		},
		{
			why:      "scanning a file starts in milliseconds",
			packages: []string{"cmd/kubeharden"},
			forbidden: []string{
				"k8s.io/client-go", "k8s.io/apiserver", "k8s.io/pod-security-admission", "sigs.k8s.io/controller-runtime",
				"github.com/google/cel-go",
			},
		},
	} {
		for _, pkg := range c.packages {
			t.Run(pkg, func(t *testing.T) {
				for _, dep := range dependencies(t, module+pkg) {
					for _, f := range c.forbidden {
						if dep == strings.TrimSuffix(f, "/") || strings.HasPrefix(dep, strings.TrimSuffix(f, "/")+"/") {
							t.Errorf("%s depends on %s, and must not: %s", pkg, dep, c.why)
						}
					}
				}
			})
		}
	}
}

func dependencies(t *testing.T, pkg string) []string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", pkg)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing the dependencies of %s: %v\n%s", pkg, err, stderr.String())
	}
	return strings.Fields(string(out))
}
