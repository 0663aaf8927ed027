package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kubeharden/kubeharden/test/cluster"
)

// size is how much the cluster of the benchmark holds: 5 pods of each workload.
const (
	namespaces = 500
	workloads  = 2000
	replicas   = 5
)

// BenchmarkScanCluster scans a cluster with 10,000 pods, 2,000 workloads and 500 namespaces, as a whole process: seconds, MiB at most, requests.
func BenchmarkScanCluster(b *testing.B) {
	c := large(b)
	binary := filepath.Join(b.TempDir(), "kubeharden")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, "../../cmd/kubeharden").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for b.Loop() {
		before := requestsOf(b, c)
		cmd := exec.CommandContext(b.Context(), os.Args[0], binary, "scan", "--cluster", "--kubeconfig", c.Kubeconfig(), "--no-config", "--format", "json", "--fail-on", "none")
		var used bytes.Buffer
		cmd.Env, cmd.Stderr = append(os.Environ(), measured+"=1"), &used
		out, err := cmd.Output()
		if err != nil {
			b.Fatalf("%v: %s", err, used.String())
		}
		var cpu, memory float64
		if _, err := fmt.Sscanf(lastLine(used.String()), "%f %f", &cpu, &memory); err != nil {
			b.Fatal(err)
		}
		var d document
		if err := json.Unmarshal(out, &d); err != nil {
			b.Fatal(err)
		}
		if d.Summary.Objects < workloads+namespaces || len(d.findings()) < workloads {
			b.Fatalf("%d objects, %d findings: that is not all", d.Summary.Objects, len(d.findings()))
		}
		b.ReportMetric(memory, "MiB")
		b.ReportMetric(cpu, "cpu-s")
		b.ReportMetric(float64(requestsOf(b, c)-before), "requests")
	}
}

// full is the cluster of the benchmark, which is filled once for all counts.
var full struct {
	once sync.Once
	*cluster.Cluster
	err error
}

func large(b *testing.B) *cluster.Cluster {
	b.Helper()
	cluster.SkipUnlessWanted(b)
	full.once.Do(func() {
		if full.Cluster, full.err = cluster.New(context.WithoutCancel(b.Context()), cluster.Options{Mirror: true, Log: b.Logf}); full.err == nil {
			fill(b, full.Cluster)
		}
	})
	var missing *cluster.UnavailableError
	switch {
	case errors.As(full.err, &missing):
		b.Skip(missing)
	case full.err != nil:
		b.Fatal(full.err)
	}
	return full.Cluster
}

// measured asks the test binary to run a program instead and to say what it took. A process that Linux starts from a large one counts as large itself.
const measured = "KUBEHARDEN_MEASURE"

func measure() int {
	cmd := exec.CommandContext(context.Background(), os.Args[1], os.Args[2:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "%f %f\n", cmd.ProcessState.UserTime().Seconds()+cmd.ProcessState.SystemTime().Seconds(), peak(cmd))
	return 0
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndex(text, "\n")+1:]
}

// requestsOf counts what the program asked the API server for, as its audit log has it.
func requestsOf(b *testing.B, c *cluster.Cluster) (n int) {
	b.Helper()
	text, err := os.ReadFile(c.AuditLog())
	if err != nil {
		b.Fatal(err)
	}
	for line := range lines(text) {
		var event struct{ UserAgent, Stage string }
		if json.Unmarshal(line, &event) == nil && event.Stage == "ResponseComplete" && len(event.UserAgent) > 10 && event.UserAgent[:10] == "kubeharden" {
			n++
		}
	}
	return n
}

func lines(text []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for start, i := 0, 0; i < len(text); i++ {
			if text[i] == '\n' {
				if !yield(text[start:i]) {
					return
				}
				start = i + 1
			}
		}
	}
}

// fill makes the objects, as their controllers would.
func fill(b *testing.B, c *cluster.Cluster) {
	b.Helper()
	jobs := make(chan func(context.Context) error, 64)
	var workers sync.WaitGroup
	var failed sync.Once
	for range 16 {
		workers.Go(func() {
			for job := range jobs {
				if err := job(b.Context()); err != nil {
					failed.Do(func() { b.Error(err) })
				}
			}
		})
	}
	create := func(ctx context.Context, path string, object map[string]any) (uid string, err error) {
		body, err := json.Marshal(object)
		if err != nil {
			return "", err
		}
		r, err := c.Do(ctx, http.MethodPost, path, "application/json", body)
		if err != nil {
			return "", err
		}
		if r.Status != http.StatusCreated && r.Status != http.StatusConflict {
			return "", fmt.Errorf("%s: %d: %s", path, r.Status, r.Body)
		}
		var made struct{ Metadata struct{ UID string } }
		return made.Metadata.UID, json.Unmarshal(r.Body, &made)
	}
	uidOf := func(ctx context.Context, path string, object map[string]any) (map[string]any, error) {
		body, _ := json.Marshal(object)
		r, err := c.Do(ctx, http.MethodPost, path, "application/json", body)
		if err != nil {
			return nil, err
		}
		var made map[string]any
		if r.Status != http.StatusCreated {
			return nil, fmt.Errorf("%s: %d: %s", path, r.Status, r.Body)
		}
		return made, json.Unmarshal(r.Body, &made)
	}
	var ready sync.WaitGroup
	for i := range namespaces {
		ready.Add(1)
		jobs <- func(ctx context.Context) error {
			defer ready.Done()
			name := fmt.Sprintf("team-%03d", i)
			if _, err := create(ctx, "/api/v1/namespaces", map[string]any{"metadata": map[string]any{"name": name}}); err != nil {
				return err
			}
			if _, err := create(ctx, "/api/v1/namespaces/"+name+"/configmaps", map[string]any{"metadata": map[string]any{"name": "settings"}, "data": map[string]any{"a": "b"}}); err != nil {
				return err
			}
			_, err := create(ctx, "/api/v1/namespaces/"+name+"/serviceaccounts", map[string]any{"metadata": map[string]any{"name": "default"}})
			return err
		}
	}
	ready.Wait()
	for i := range workloads {
		jobs <- func(ctx context.Context) error {
			return workload(ctx, uidOf, fmt.Sprintf("team-%03d", i%namespaces), fmt.Sprintf("app-%04d", i))
		}
	}
	close(jobs)
	workers.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// workload makes a Deployment, its ReplicaSet and its pods.
func workload(ctx context.Context, create func(context.Context, string, map[string]any) (map[string]any, error), namespace, name string) error {
	labels := map[string]any{"app": name}
	spec := map[string]any{"containers": []any{
		map[string]any{
			"name": "app", "image": "registry.example.com/" + name + ":1.2.3", "ports": []any{map[string]any{"containerPort": 8080}},
			"env":       []any{map[string]any{"name": "MODE", "value": "production"}},
			"resources": map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "64Mi"}},
		},
		map[string]any{"name": "proxy", "image": "registry.example.com/proxy:4", "securityContext": map[string]any{"runAsNonRoot": true}},
	}}
	template := map[string]any{"metadata": map[string]any{"labels": labels}, "spec": spec}
	body := func(extra map[string]any) map[string]any {
		out := map[string]any{"selector": map[string]any{"matchLabels": labels}, "replicas": replicas, "template": template}
		maps.Copy(out, extra)
		return out
	}
	deployment, err := create(ctx, "/apis/apps/v1/namespaces/"+namespace+"/deployments", map[string]any{"metadata": map[string]any{"name": name}, "spec": body(nil)})
	if err != nil {
		return err
	}
	set, err := create(ctx, "/apis/apps/v1/namespaces/"+namespace+"/replicasets", map[string]any{
		"metadata": map[string]any{"name": name + "-1", "ownerReferences": owner("apps/v1", "Deployment", deployment)}, "spec": body(nil),
	})
	if err != nil {
		return err
	}
	for i := range replicas {
		if _, err := create(ctx, "/api/v1/namespaces/"+namespace+"/pods", map[string]any{
			"metadata": map[string]any{"name": fmt.Sprintf("%s-1-%d", name, i), "labels": labels, "ownerReferences": owner("apps/v1", "ReplicaSet", set)}, "spec": spec,
		}); err != nil {
			return err
		}
	}
	return nil
}

func owner(apiVersion, kind string, of map[string]any) []any {
	meta := of["metadata"].(map[string]any)
	return []any{map[string]any{"apiVersion": apiVersion, "kind": kind, "name": meta["name"], "uid": meta["uid"], "controller": true}}
}
