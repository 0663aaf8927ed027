package live_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestEveryDenial lets all requests but one through. Whichever it is, the scan does not end as if all had been seen: the controls that need what
// is missing are unknown, and the right that it takes is named.
func TestEveryDenial(t *testing.T) {
	c := examples(t)
	p, kubeconfig := between(t, c.Kubeconfig(), nil)
	whole, r := scan(t, kubeconfig)
	if r.code != 1 {
		t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	paths := p.paths()
	if len(paths) < 20 {
		t.Fatalf("only %d paths were asked for", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.ReplaceAll(path, "/", "_"), func(t *testing.T) {
			_, kubeconfig := between(t, c.Kubeconfig(), func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method+" "+r.URL.Path != path {
					return false
				}
				deny(w, http.StatusForbidden, "Forbidden")
				return true
			})
			part, r := scan(t, kubeconfig)
			resource := path[strings.LastIndex(path, "/")+1:]
			switch {
			case resource == "configz":
				// The kubelets are heard where the right to that is given; else they are unknown.
				if r.code != 1 || !strings.Contains(r.stderr, "warning: nodes/proxy: cannot ") {
					t.Errorf("exit %d: %s", r.code, r.stderr)
				}
				return
			case r.code != 2:
				t.Fatalf("exit %d", r.code)
			case part.Files == nil:
				if !strings.Contains(r.stderr, "403") {
					t.Errorf("stderr %s", r.stderr)
				}
				return
			}
			if !strings.Contains(r.stderr, "cannot list "+resource) {
				t.Errorf("does not say that it cannot list %s: %s", resource, r.stderr)
			}
			unknown := 0
			for _, f := range part.findings() {
				if f.Status == "unknown" && strings.Contains(f.Reason, "cannot list "+resource) {
					unknown += 1 + len(f.Folded)
				}
			}
			if unknown == 0 {
				t.Error("no control is unknown")
			}
			neverMore(t, &whole, &part)
		})
	}
}

// neverMore checks that nothing is wrong in a part that is not wrong in the whole: what could not be seen is no finding.
func neverMore(t *testing.T, whole, part *document) {
	t.Helper()
	known := map[string]bool{}
	for _, f := range whole.findings() {
		known[f.Control+" "+f.subject()] = true
		for _, folded := range f.Folded {
			known[folded+" "+f.subject()] = true
		}
	}
	for _, f := range part.findings() {
		// What an owner that cannot be seen has made is judged itself.
		if f.Status == "fail" && f.Object.Kind != "Pod" && f.Object.Kind != "ReplicaSet" && f.Object.Kind != "Job" && !known[f.Control+" "+f.subject()] {
			t.Errorf("only in the part: %s of %s: %s", f.Control, f.subject(), f.Message)
		}
	}
}

// TestFaults lets an API server misbehave in all the ways that they do.
func TestFaults(t *testing.T) {
	c := examples(t)
	configMaps := func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/configmaps") }
	var tries atomic.Int64
	for _, test := range []struct {
		name  string
		fault func(w http.ResponseWriter, r *http.Request) bool
		args  []string
		code  int
		says  string
	}{
		{"too many requests, for a while", func(w http.ResponseWriter, r *http.Request) bool {
			if !configMaps(r) || tries.Add(1) > 2 {
				return false
			}
			w.Header().Set("Retry-After", "0")
			deny(w, http.StatusTooManyRequests, "TooManyRequests")
			return true
		}, nil, 1, ""},
		{"too many requests, for ever", func(w http.ResponseWriter, r *http.Request) bool {
			if !configMaps(r) {
				return false
			}
			w.Header().Set("Retry-After", "0")
			deny(w, http.StatusTooManyRequests, "TooManyRequests")
			return true
		}, nil, 2, "cannot list configmaps: 429"},
		{"an error of the server", func(w http.ResponseWriter, r *http.Request) bool {
			if configMaps(r) {
				deny(w, http.StatusNotImplemented, "InternalError")
			}
			return configMaps(r)
		}, nil, 2, "cannot list configmaps: 501"},
		{"an answer that stops", func(w http.ResponseWriter, r *http.Request) bool {
			if configMaps(r) {
				breakOff(w, `{"kind":"ConfigMapList","metadata":{},"items":[{"metadata":{"name":"a"`)
			}
			return false
		}, nil, 2, "cannot list configmaps"},
		{"no JSON", func(w http.ResponseWriter, r *http.Request) bool {
			if configMaps(r) {
				_, _ = w.Write([]byte("<html>login</html>"))
			}
			return configMaps(r)
		}, nil, 2, "cannot list configmaps"},
		{"no list", func(w http.ResponseWriter, r *http.Request) bool {
			if configMaps(r) {
				_, _ = w.Write([]byte(`{"kind":"ConfigMap"}`))
			}
			return configMaps(r)
		}, nil, 2, "the answer is no list"},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) bool {
			if configMaps(r) {
				<-r.Context().Done()
			}
			return configMaps(r)
		}, []string{"--request-timeout", "400ms"}, 2, "cannot list configmaps: get /api/v1/configmaps: no answer within the time of a request"},
		{"a list that never ends", func(w http.ResponseWriter, r *http.Request) bool {
			if configMaps(r) {
				_, _ = w.Write([]byte(`{"kind":"ConfigMapList","metadata":{"continue":"again"},"items":[]}`))
			}
			return configMaps(r)
		}, nil, 2, "has no end"},
		{"a list that expires and goes on", func(w http.ResponseWriter, r *http.Request) bool {
			if !configMaps(r) {
				return false
			}
			switch r.URL.Query().Get("continue") {
			case "":
				_, _ = w.Write([]byte(`{"kind":"ConfigMapList","metadata":{"continue":"old"},"items":[]}`))
			case "old":
				w.WriteHeader(http.StatusGone)
				_, _ = w.Write([]byte(`{"kind":"Status","reason":"Expired","metadata":{"continue":"new"}}`))
			default:
				_, _ = w.Write([]byte(`{"kind":"ConfigMapList","metadata":{},"items":[]}`))
			}
			return true
		}, nil, 1, ""},
		{"credentials that end", func(w http.ResponseWriter, r *http.Request) bool {
			if configMaps(r) {
				deny(w, http.StatusUnauthorized, "Unauthorized")
			}
			return configMaps(r)
		}, nil, 2, "cannot list configmaps: 401"},
		{"credentials that nobody knows", func(w http.ResponseWriter, _ *http.Request) bool {
			deny(w, http.StatusUnauthorized, "Unauthorized")
			return true
		}, nil, 2, "may have expired"},
		{"another server", func(w http.ResponseWriter, _ *http.Request) bool {
			_, _ = w.Write([]byte("{}"))
			return true
		}, nil, 2, "no API server of Kubernetes"},
		{"a group that nobody answers for", func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/apis" {
				return false
			}
			_, _ = w.Write([]byte(`{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"cilium.io"},"versions":[{"version":"v2","freshness":"Stale"}]}]}`))
			return true
		}, []string{"--layer", "network"}, 2, "cannot discover cilium.io/v2"},
		{"unknown kinds", func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/api" {
				return false
			}
			_, _ = w.Write([]byte(`{"kind":"APIGroupDiscoveryList","items":[{"metadata":{},"versions":[{"version":"v1","freshness":"Current","resources":[
				{"resource":"pods","responseKind":{"kind":"Pod"},"scope":"Namespaced","verbs":["list"]},
				{"resource":"sprockets","responseKind":{"kind":"Sprocket"},"scope":"Namespaced","verbs":["list"]}]}]}]}`))
			return true
		}, nil, 1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, kubeconfig := between(t, c.Kubeconfig(), test.fault)
			began := time.Now()
			_, r := scan(t, kubeconfig, test.args...)
			if r.code != test.code || !strings.Contains(r.stderr, test.says) {
				t.Errorf("exit %d, want %d, with %q, after %v: %s", r.code, test.code, test.says, time.Since(began), r.stderr)
			}
		})
	}
}

// TestServerThatDies takes the API server away after every so many requests.
func TestServerThatDies(t *testing.T) {
	c := examples(t)
	for _, after := range []int64{0, 1, 3, 8, 20} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			var n atomic.Int64
			_, kubeconfig := between(t, c.Kubeconfig(), func(http.ResponseWriter, *http.Request) bool {
				if n.Add(1) > after {
					panic(http.ErrAbortHandler)
				}
				return false
			})
			_, r := scan(t, kubeconfig)
			if r.code != 2 {
				t.Errorf("exit %d: %s", r.code, r.stderr)
			}
		})
	}
}
