// Package fences tests who may depend on whom, and who may end the process. The linter looks at single imports; this looks at all
// that follows from them, and so at what ends up in the binary.
package fences

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
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
			why:      "analysers answer questions about clusters and know no controls; each is usable alone",
			packages: []string{"label", "workload", "rbac", "network", "mesh", "inventory", "generate", "component", "audit", "falco", "encryption", "apiserverconfig", "clusterfacts", "provider", "framework/cis"},
			forbidden: []string{
				"k8s.io/", "github.com/spf13/", "net/http",
				module + "control", module + "controls", module + "engine", module + "report", module + "source", module + "internal",
			},
		},
		{
			why:       "it is a document, and who collects it is another matter",
			packages:  []string{"node"},
			forbidden: []string{"k8s.io/", "github.com/spf13/", "net/http", "os/exec", module + "tree", module + "component", module + "control", module + "source", module + "internal"},
		},
		{
			why:       "it looks at files and starts no program, and nothing that it sees leaves the machine by itself",
			packages:  []string{"source/node"},
			forbidden: []string{"k8s.io/", "github.com/spf13/", "net/http", "os/exec", module + "control", module + "engine", module + "report", module + "internal"},
		},
		{
			why:       "who may do what is not a matter of who reaches whom",
			packages:  []string{"rbac"},
			forbidden: []string{module + "network", module + "mesh"},
		},
		{
			why:       "who reaches whom is not a matter of who may do what",
			packages:  []string{"network", "mesh"},
			forbidden: []string{module + "rbac", module + "generate"},
		},
		{
			why:       "they show what they are given and know no Kubernetes",
			packages:  []string{"diagram", "terminal"},
			forbidden: []string{module + "tree", module + "object", module + "rbac", module + "network", "net/http", "encoding/json"},
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
			why:       "they work without a network: who fixes files asks registries if somebody wants that",
			packages:  []string{"image", "image/lock", "engine", "fix", "report", "source/files"},
			forbidden: []string{"github.com/google/go-containerregistry", module + "image/registry"},
		},
		{
			why:      "probes ask what runs and give outcomes: who reads flags and who prints is not their business",
			packages: []string{"prove"},
			forbidden: []string{
				"github.com/spf13/cobra", module + "controls", module + "engine", module + "report", module + "source", module + "internal",
			},
		},
		{
			why:      "scanning a file starts in milliseconds, and every API type in memory costs fifteen of them",
			packages: []string{"cmd/kubeharden"},
			forbidden: []string{
				"k8s.io/client-go/kubernetes", "k8s.io/client-go/dynamic", "k8s.io/client-go/discovery", "k8s.io/client-go/informers", "k8s.io/api", "k8s.io/apiserver", "k8s.io/pod-security-admission", "sigs.k8s.io/controller-runtime",
				"github.com/google/cel-go", module + "test",
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

// TestExits holds that packages return errors: only programs end the process, and those are in cmd or belong to the tests.
func TestExits(t *testing.T) {
	const root = "../.."
	files, selectors := token.NewFileSet(), 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{"bin", "cmd", "test", "tools", ".git"}, filepath.ToSlash(rel)) || d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			selectors++
			if pkg, ok := sel.X.(*ast.Ident); ok && (pkg.Name == "os" && sel.Sel.Name == "Exit" || pkg.Name == "log" && strings.HasPrefix(sel.Sel.Name, "Fatal")) {
				t.Errorf("%s: %s.%s ends the process: return an error, programs belong into cmd", files.Position(sel.Pos()), pkg.Name, sel.Sel.Name)
			}
			return true
		})
		return nil
	})
	if err != nil || selectors == 0 {
		t.Fatal("nothing to look at: ", err)
	}
}
