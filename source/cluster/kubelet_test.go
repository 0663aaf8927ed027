package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/kubeharden/kubeharden/kubeclient"
)

// TestKubelets asks the kubelets of three nodes: what one does not say is told of it, and what is refused for all is asked once.
func TestKubelets(t *testing.T) {
	const answer = `{"kubeletconfig":{"readOnlyPort":10255}}`
	for _, test := range []struct {
		name    string
		handler func(w http.ResponseWriter, node string)
		want    string
		asked   int64
	}{
		{"all answer", func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, answer) }, "a b c", 3},
		{"one does not", func(w http.ResponseWriter, node string) {
			if node == "b" {
				w.WriteHeader(http.StatusBadRequest)
			}
			_, _ = io.WriteString(w, answer)
		}, "a !b c", 3},
		{"no JSON", func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, "<html>") }, "!a !b !c", 3},
		{"nothing of a kubelet", func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, "{}") }, "!a !b !c", 3},
		{"refused", func(w http.ResponseWriter, node string) { http.Error(w, node, http.StatusForbidden) }, "!*", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				test.handler(w, strings.Split(r.URL.Path, "/")[4])
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.Start()
			defer server.Close()
			c := reading{Cluster: &Cluster{client: clientOf(t, server.URL)}, opts: Options{Kubelets: true}, nodes: []string{"a", "b", "c"}}
			var got []string
			for o := range c.kubelets(t.Context()) {
				switch {
				case o.Missing != nil:
					got = append(got, "!"+o.Missing.Node)
				case strings.Contains(string(o.YAML), "kind: KubeletConfiguration\nreadOnlyPort: 10255\n"):
					got = append(got, strings.Split(o.Path, "/")[1])
				default:
					t.Errorf("%s:\n%s", o.Path, o.YAML)
				}
			}
			if strings.Join(got, " ") != test.want || asked.Load() != test.asked {
				t.Errorf("got %q after %d requests, want %q after %d", got, asked.Load(), test.want, test.asked)
			}
		})
	}
	t.Run("nobody is there", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		server.Close()
		c := reading{Cluster: &Cluster{client: clientOf(t, server.URL)}, opts: Options{Kubelets: true}, nodes: []string{"a", "b"}}
		c.broken.Store(maxBroken)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		for o := range c.kubelets(ctx) {
			if o.Missing == nil || !errors.Is(o.Missing.Err, errGone) {
				t.Errorf("%s: %v", o.Path, o.Missing)
			}
			n++
		}
		if n != 2 {
			t.Errorf("%d are told", n)
		}
	})
}

func clientOf(t *testing.T, server string) *kubeclient.Client {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: a\ncontexts: [{name: a, context: {cluster: a, user: a}}]\nclusters: [{name: a, cluster: {server: %q}}]\nusers: [{name: a, user: {}}]\n", server)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	client, err := kubeclient.Connect(kubeclient.Options{Kubeconfig: file})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
