package live_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// proxy stands between the program and an API server, and may answer itself.
type proxy struct {
	server *httptest.Server
	// fault answers a request; false lets it through.
	fault func(w http.ResponseWriter, r *http.Request) bool

	mutex    sync.Mutex
	requests []string // method and path
	// tee gets the bodies of all answers; nil is nobody.
	tee io.Writer
}

// between makes a proxy and returns a kubeconfig that leads to it.
func between(t *testing.T, kubeconfig string, fault func(w http.ResponseWriter, r *http.Request) bool) (*proxy, string) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.Transport = transport
	forward.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	p := &proxy{fault: fault}
	forward.ModifyResponse = func(r *http.Response) error {
		if p.tee != nil {
			r.Body = teeing{io.TeeReader(r.Body, lockedWriter{&p.mutex, p.tee}), r.Body}
		}
		return nil
	}
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mutex.Lock()
		p.requests = append(p.requests, r.Method+" "+r.URL.Path)
		p.mutex.Unlock()
		if p.fault == nil || !p.fault(w, r) {
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(p.server.Close)
	return p, plainKubeconfig(t, p.server.URL)
}

func plainKubeconfig(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: test\ncontexts: [{name: test, context: {cluster: test, user: test}}]\n"+
		"clusters: [{name: test, cluster: {server: %q}}]\nusers: [{name: test, user: {}}]\n", server)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// teeing passes on a body and keeps it.
type teeing struct {
	io.Reader
	io.Closer
}

type lockedWriter struct {
	mutex *sync.Mutex
	to    io.Writer
}

func (w lockedWriter) Write(b []byte) (int, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.to.Write(b)
}

// paths are those that were asked for, each once.
func (p *proxy) paths() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	list := slices.Clone(p.requests)
	slices.Sort(list)
	return slices.Compact(list)
}

// deny answers as the API server does if a role does not allow something.
func deny(w http.ResponseWriter, code int, reason string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","message":"that is not allowed","reason":%q,"code":%d}`, reason, code)
}

// breakOff ends the connection in the middle of an answer.
func breakOff(w http.ResponseWriter, part string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(part))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}
