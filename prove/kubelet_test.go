package prove

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestKubeletAnonymous(t *testing.T) {
	const id = "kubelet-anonymous-auth-enabled"
	for name, c := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"off":                      {401, "Unauthorized", "pass pass pass"},
		"refused by authorization": {403, "Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource(s)=[proxy])\n", "fail fail fail"},
		"forbidden by a proxy":     {403, "no", "pass pass pass"},
		"answered":                 {200, "password=hunter2", "fail fail fail"},
		"no such page":             {404, "", "fail fail fail"},
		"broken":                   {500, "password=hunter2", "unknown unknown unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			}))
			defer s.Close()
			target := target(t, s)
			target.Nodes = []string{s.Listener.Addr().String()}
			outcomes := run(t, "kubelet-anonymous", target)
			if got := statuses(outcomes, id); got != c.want {
				t.Errorf("got %s, want %s\n%s", got, c.want, lines(outcomes))
			}
			noSecrets(t, outcomes, "hunter2")
		})
	}
}

// TestKubeletsOfNodes holds that nodes are asked at the addresses that the API server knows, in pages, and that one which cannot be reached is unknown.
func TestKubeletsOfNodes(t *testing.T) {
	kubelet := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }))
	defer kubelet.Close()
	_, port, _ := net.SplitHostPort(kubelet.Listener.Addr().String())
	f := newFakeAPI(t)
	node := func(name, address string) string {
		return fmt.Sprintf(`{"metadata":{"name":%q},"status":{"addresses":[{"type":"Hostname","address":"x"},{"type":"InternalIP","address":%q}],"daemonEndpoints":{"kubeletEndpoint":{"Port":%s}}}}`, name, address, port)
	}
	f.handle = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/nodes" {
			status(w, http.StatusNotFound, "")
			return
		}
		if r.URL.Query().Get("continue") == "" {
			fmt.Fprintf(w, `{"metadata":{"continue":"more"},"items":[%s,{"metadata":{"name":"c"},"status":{}}]}`, node("b", "127.0.0.1"))
			return
		}
		fmt.Fprintf(w, `{"items":[%s]}`, node("a", "127.0.0.99"))
	}
	outcomes := run(t, "kubelet-anonymous", target(t, f.Server))
	// httptest listens on 127.0.0.1 only: nothing is at the other address.
	got := lines(outcomes)
	for _, want := range []string{
		"unknown kubelet-anonymous-auth-enabled Node/a /pods: the kubelet could not be asked (the kubelet cannot be reached from here: connection refused)",
		"pass kubelet-anonymous-auth-enabled Node/b /configz", "Node/c : could not be proven (the node has no internal address",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestNodesMayNotBeListed(t *testing.T) {
	f := newFakeAPI(t)
	f.handle = func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusForbidden, "nodes is forbidden") }
	outcomes := run(t, "kubelet-read-only-port", target(t, f.Server))
	if len(outcomes) != 1 || outcomes[0].Status.String() != "unknown" || !strings.Contains(outcomes[0].Reason, "nodes cannot be listed") {
		t.Error(lines(outcomes))
	}
}

func TestReadOnlyPort(t *testing.T) {
	f := newFakeAPI(t)
	ask := func(address string) string {
		target := target(t, f.Server)
		target.Nodes, target.Timeout = []string{address}, 300*time.Millisecond
		return lines(run(t, "kubelet-read-only-port", target))
	}
	listen := func(address string) net.Listener {
		l, err := net.Listen("tcp", net.JoinHostPort(address, readOnlyPort))
		if err != nil {
			t.Skip("the loopback network has one address here: ", err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	if got := ask("127.0.0.71"); !strings.HasPrefix(got, "pass kubelet-read-only-port-open Node/127.0.0.71") {
		t.Errorf("closed: %s", got)
	}
	open := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	defer open.Close()
	go func() { _ = open.Serve(listen("127.0.0.72")) }()
	listen("127.0.0.73") // and never answer
	if got := ask("127.0.0.73"); !strings.HasPrefix(got, "unknown") || !strings.Contains(got, "no answer in time; a firewall may be in between") {
		t.Errorf("silent: %s", got)
	}
	if got := ask("127.0.0.72"); !strings.HasPrefix(got, "fail kubelet-read-only-port-open") {
		t.Errorf("open: %s", got)
	}
}

func TestOneLineIsBounded(t *testing.T) {
	got := oneLine("a\x1b[31m\nb\x00" + strings.Repeat("ä", 1000) + "\xff")
	if len(got) > maxReason+3 || strings.ContainsAny(got, "\x1b\n\x00") {
		t.Errorf("%q", got)
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
}
