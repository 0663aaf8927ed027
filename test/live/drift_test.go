package live_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/test/cluster"
)

const template = `{"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1",
	"securityContext": {"runAsNonRoot": true}}]}}`

// TestOwners makes a Deployment with pods, and then changes pods behind its back: one finding stands for all that is alike, and what differs is named.
func TestOwners(t *testing.T) {
	c := examples(t)
	c.Namespace(t, "drift")
	c.Apply(t, `{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "drift"}, "spec": {"replicas": 4,
		"selector": {"matchLabels": {"app": "web"}}, "template": `+template+`}}`)
	c.Apply(t, `{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once", "namespace": "drift"}, "spec": {"template":
		{"spec": {"restartPolicy": "Never", "containers": [{"name": "job", "image": "registry.example.com/job:1"}]}}}}`)
	names := podsOf(t, c, "drift", "app=web", 4)
	podsOf(t, c, "drift", "job-name=once", 1)

	before, _ := scan(t, c.Kubeconfig(), "--no-fold")
	for _, f := range before.findings() {
		if f.Object.Namespace == "drift" && f.Object.Kind != "Deployment" && f.Object.Kind != "Job" && f.Object.Kind != "Namespace" && f.Object.Kind != "ServiceAccount" {
			t.Errorf("%s of %s: pods and ReplicaSets are their owner's", f.Control, f.subject())
		}
		if f.Control == "pod-differs-from-owner" {
			t.Errorf("%s: %s", f.subject(), f.Message)
		}
	}

	patch(t, c, "drift", names[1], "", `{"spec": {"containers": [{"name": "web", "image": "registry.example.com/evil:9"}]}}`)
	patch(t, c, "drift", names[2], "/ephemeralcontainers", `{"spec": {"ephemeralContainers": [{"name": "debug", "image": "busybox"}]}}`)
	after, r := scan(t, c.Kubeconfig(), "--no-fold")
	var told []string
	debugged := false
	for _, f := range after.findings() {
		switch {
		case f.Control == "pod-differs-from-owner":
			told = append(told, f.subject()+": "+f.Message)
		case f.Control == "privilege-escalation-allowed" && f.subject() == "Pod/drift/"+names[2]+" debug":
			debugged = true
		case f.Object.Kind == "Pod" && f.Object.Namespace == "drift" && f.Container == "web":
			t.Errorf("%s of %s is told of the Deployment already", f.Control, f.subject())
		}
	}
	want := []string{
		"pod " + names[1] + ": spec.containers[0].image is registry.example.com/evil:9, registry.example.com/web:1 in the template",
		"pod " + names[2] + ": spec.ephemeralContainers container debug was added for debugging",
	}
	for _, text := range want {
		if !strings.Contains(strings.Join(told, "\n"), text) {
			t.Errorf("drift is not told: %s\ngot %q", text, told)
		}
	}
	if len(told) != len(want) {
		t.Errorf("%d findings on drift, want %d: %q", len(told), len(want), told)
	}
	if !debugged {
		t.Errorf("the debug container is not judged, exit %d", r.code)
	}
}

// podsOf waits for the pods that a controller makes.
func podsOf(t *testing.T, c *cluster.Cluster, namespace, selector string, n int) (names []string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		list := c.Get(t, "/api/v1/namespaces/"+namespace+"/pods?labelSelector="+strings.ReplaceAll(selector, "=", "%3D"))
		names = names[:0]
		items, _ := list["items"].([]any)
		for _, item := range items {
			names = append(names, fmt.Sprint(item.(map[string]any)["metadata"].(map[string]any)["name"]))
		}
		if len(names) == n {
			return names
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d pods of %s, want %d", len(names), selector, n)
		}
		wait(t.Context(), 50*time.Millisecond)
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func patch(t *testing.T, c *cluster.Cluster, namespace, pod, subresource, body string) {
	t.Helper()
	r, err := c.Do(t.Context(), http.MethodPatch, "/api/v1/namespaces/"+namespace+"/pods/"+pod+subresource, "application/strategic-merge-patch+json", []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != http.StatusOK {
		t.Fatalf("%d: %s", r.Status, r.Body)
	}
}
