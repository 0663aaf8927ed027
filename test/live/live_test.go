// Package live_test scans real clusters: etcd, API server and controller manager of Kubernetes itself, started for the tests.
package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/internal/cli"
	"github.com/kubeharden/kubeharden/test/cluster"
)

// shared is the cluster of the tests that leave it as it was. The first one that asks starts it.
var shared struct {
	once sync.Once
	*cluster.Cluster
	err error
}

func TestMain(m *testing.M) {
	if os.Getenv(measured) != "" {
		os.Exit(measure())
	}
	flag.Parse()
	code := m.Run()
	if shared.Cluster != nil {
		if err := shared.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// examples is a cluster with the insecure example in it.
func examples(t *testing.T) *cluster.Cluster {
	t.Helper()
	cluster.SkipUnlessWanted(t)
	shared.once.Do(func() {
		// It outlives the test that starts it.
		shared.Cluster, shared.err = cluster.New(context.WithoutCancel(t.Context()), cluster.Options{Mirror: true, WithControllerManager: true, Log: t.Logf})
		if shared.err != nil {
			return
		}
		for _, file := range manifests(t, "insecure") {
			shared.Apply(t, asJSON(t, read(t, file)))
		}
	})
	var missing *cluster.UnavailableError
	switch {
	case errors.As(shared.err, &missing):
		t.Skip(missing)
	case shared.err != nil:
		t.Fatal(shared.err)
	}
	return shared.Cluster
}

// manifests are the example files of a folder: those with namespaces first.
func manifests(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", folder, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	slices.SortFunc(files, func(a, b string) int {
		if (filepath.Base(a) == "base.yaml") != (filepath.Base(b) == "base.yaml") {
			if filepath.Base(a) == "base.yaml" {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	return files
}

// asJSON reads manifests as kubectl does, for which yes is true.
func asJSON(t *testing.T, manifests string) string {
	t.Helper()
	var out []string
	for doc := range strings.SplitSeq(manifests, "\n---\n") {
		text, err := yaml.YAMLToJSON([]byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(text))
	}
	return strings.Join(out, "\n---\n")
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// result is the outcome of a run of the program.
type result struct {
	code           int
	stdout, stderr string
}

// run runs the program.
func run(t *testing.T, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Main(t.Context(), cli.Process{
		Args: append([]string{"kubeharden"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return result{code, out.String(), errs.String()}
}

// found is a finding of a report in JSON.
type found struct {
	Control, Status, Severity, Message, Reason, Path, Container string
	Folded                                                      []string
	Object                                                      struct{ Kind, Namespace, Name string }
	Evidence                                                    []any
	Place                                                       struct{ File string }
}

func (f *found) subject() string {
	return strings.Trim(f.Object.Kind+"/"+f.Object.Namespace+"/"+f.Object.Name+" "+f.Container, " ")
}

// document is a report in JSON.
type document struct {
	Cluster, KubernetesVersion string
	Files                      []struct {
		Path     string
		Findings []found
		Problems []struct{ Message string }
	}
	Summary struct {
		Objects, Errors int
		Controls        []map[string]any
	}
}

func (r *document) findings() (all []found) {
	for _, f := range r.Files {
		all = append(all, f.Findings...)
	}
	return all
}

// scan scans a cluster.
func scan(t *testing.T, kubeconfig string, args ...string) (document, result) {
	t.Helper()
	return decoded(t, run(t, append([]string{"scan", "--cluster", "--kubeconfig", kubeconfig, "--no-config", "--format", "json"}, args...)...))
}

func decoded(t *testing.T, r result) (document, result) {
	t.Helper()
	var d document
	if r.stdout != "" {
		if err := json.Unmarshal([]byte(r.stdout), &d); err != nil {
			t.Fatalf("%v\n%s", err, r.stderr)
		}
	}
	return d, r
}
