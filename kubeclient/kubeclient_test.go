package kubeclient

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// kubeconfig writes a file with the contexts a and b, of which a leads to a server.
func kubeconfig(t *testing.T, server string, authority []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: a
contexts: [{name: a, context: {cluster: a, user: u}}, {name: b, context: {cluster: b, user: u}}]
clusters: [{name: a, cluster: {server: %q, certificate-authority-data: %q}}, {name: b, cluster: {server: "https://b.example.com/prefix"}}]
users: [{name: u, user: {token: abc}}]
`, server, base64.StdEncoding.EncodeToString(authority))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// client is a client of a handler that waits for nothing; waited is told what it would have waited.
func client(t *testing.T, handler http.HandlerFunc, opts Options) (c *Client, waited *[]time.Duration) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	// A token is sent by TLS only.
	opts.Kubeconfig = kubeconfig(t, server.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	c, err := Connect(opts)
	if err != nil {
		t.Fatal(err)
	}
	waited = &[]time.Duration{}
	c.wait = func(ctx context.Context, d time.Duration) error {
		*waited = append(*waited, d)
		return ctx.Err()
	}
	return c, waited
}

func TestConnect(t *testing.T) {
	file := kubeconfig(t, "https://a.example.com:6443", nil)
	c, err := Connect(Options{Kubeconfig: file})
	if err != nil || c.Name() != "a" || c.Server().Host != "a.example.com:6443" {
		t.Fatalf("%v %v", c, err)
	}
	if c, err = Connect(Options{Kubeconfig: file, Context: "b"}); err != nil || c.Name() != "b" || c.Server().Path != "/prefix" {
		t.Errorf("%v %v", c, err)
	}
	var unknown *ContextError
	if _, err := Connect(Options{Kubeconfig: file, Context: "c"}); !errors.As(err, &unknown) || len(unknown.Known) != 2 {
		t.Errorf("%v", err)
	}
	if _, err := Connect(Options{Kubeconfig: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a file that is not there is taken")
	}
	t.Setenv("KUBECONFIG", file)
	if c, err := Connect(Options{}); err != nil || c.Name() != "a" {
		t.Errorf("KUBECONFIG: %v", err)
	}
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	if _, err := Connect(Options{}); !errors.Is(err, ErrNoConnection) {
		t.Errorf("nowhere: %v", err)
	}
}

func TestRequests(t *testing.T) {
	var seen http.Header
	c, _ := client(t, func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		switch r.URL.Path {
		case "/ok":
			_, _ = io.WriteString(w, "fine "+r.URL.RawQuery)
		case "/large":
			_, _ = io.WriteString(w, strings.Repeat("x", 100))
		case "/away":
			http.Redirect(w, r, "https://elsewhere.example.com/", http.StatusFound)
		default:
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"kind":"Status","reason":"Forbidden","message":"pods is\nforbidden"}`)
		}
	}, Options{UserAgent: "me"})
	body, err := c.Get(t.Context(), "/ok", url.Values{"a": {"b"}}, "text/plain")
	if err != nil || string(body) != "fine a=b" {
		t.Errorf("%s %v", body, err)
	}
	if seen.Get("Authorization") != "Bearer abc" || seen.Get("User-Agent") != "me" || seen.Get("Accept") != "text/plain" {
		t.Errorf("headers %v", seen)
	}
	if _, err := c.Do(t.Context(), Request{Path: "/large", Limit: 50}); err == nil || !strings.Contains(err.Error(), "larger than 50 bytes") {
		t.Errorf("%v", err)
	}
	var status *StatusError
	if _, err := c.Get(t.Context(), "/pods", nil, ""); !errors.As(err, &status) || status.Code != 403 || status.Error() != "403 Forbidden: pods is forbidden" {
		t.Errorf("%v", err)
	}
	if r, err := c.Do(t.Context(), Request{Path: "/away"}); err != nil || r.Status != http.StatusFound {
		t.Errorf("a redirect is followed: %v %v", r, err)
	}
	if cert := c.Certificate(); cert == nil || len(cert.DNSNames) == 0 {
		t.Error("the certificate of the server is not known")
	}
	anonymous, err := c.Anonymous()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := anonymous.Get(t.Context(), "/ok", nil, ""); err != nil || seen.Get("Authorization") != "" {
		t.Errorf("without credentials: %v %v", seen, err)
	}
}

// TestRetries counts how often a request is sent, and what is waited for between.
func TestRetries(t *testing.T) {
	for _, test := range []struct {
		name, method string
		status       int
		after        string
		once         bool
		sent         int64
		waited       string
	}{
		{"good", "GET", 200, "", false, 1, "[]"},
		{"too many", "GET", 429, "2", false, 4, "[2s 2s 2s]"},
		{"too many, far too long", "GET", 429, "86400", false, 4, "[15s 15s 15s]"},
		{"too many, by themselves", "GET", 429, "", false, 4, "[200ms 400ms 800ms]"},
		{"too many writes", "POST", 429, "1", false, 4, "[1s 1s 1s]"},
		{"starting", "GET", 503, "", false, 4, "[200ms 400ms 800ms]"},
		{"a write that may have happened", "POST", 503, "", false, 1, "[]"},
		{"forbidden", "GET", 403, "", false, 1, "[]"},
		{"once", "GET", 429, "", true, 1, "[]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var sent atomic.Int64
			c, waited := client(t, func(w http.ResponseWriter, _ *http.Request) {
				sent.Add(1)
				if test.after != "" {
					w.Header().Set("Retry-After", test.after)
				}
				w.WriteHeader(test.status)
			}, Options{})
			r, err := c.Do(t.Context(), Request{Method: test.method, Path: "/x", Once: test.once})
			if err != nil || r.Status != test.status {
				t.Fatalf("%v %v", r, err)
			}
			if sent.Load() != test.sent || fmt.Sprint(*waited) != test.waited {
				t.Errorf("sent %d times, waited %v; want %d, %s", sent.Load(), *waited, test.sent, test.waited)
			}
		})
	}
}

// TestConnections breaks connections.
func TestConnections(t *testing.T) {
	var sent atomic.Int64
	c, _ := client(t, func(w http.ResponseWriter, _ *http.Request) {
		if sent.Add(1) < 3 {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, "fine")
	}, Options{})
	if body, err := c.Get(t.Context(), "/x", nil, ""); err != nil || string(body) != "fine" {
		t.Errorf("%s %v after %d", body, err, sent.Load())
	}
	slow, _ := client(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, Options{Timeout: 50 * time.Millisecond})
	if _, err := slow.Get(t.Context(), "/x", nil, ""); err == nil || !strings.Contains(err.Error(), "get /x: no answer within the time of a request") {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Get(ctx, "/x", nil, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// FuzzStatusError reads whatever a server says of an error: one line, and not a long one.
func FuzzStatusError(f *testing.F) {
	f.Add(403, []byte(`{"kind":"Status","message":"no","metadata":{"continue":"x"}}`))
	f.Add(502, []byte("<html>\n"))
	f.Fuzz(func(t *testing.T, code int, body []byte) {
		text := NewStatusError(code, body).Error()
		if len(text) > 2*maxMessage || strings.ContainsAny(text, "\n\r") {
			t.Errorf("%q", text)
		}
	})
}
