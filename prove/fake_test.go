package prove

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/kubeclient"
)

// fakeAPI is as much of an API server as probes ask for. It keeps Secrets and ConfigMaps, by "resource namespace/name".
type fakeAPI struct {
	*httptest.Server

	mu       sync.Mutex
	objects  map[string]map[string]any
	requests []string
	most     int // objects at one time
	late     sync.WaitGroup

	// disturb is asked about the n-th request, from 1. It may end it: then the request is not carried out.
	disturb func(n int, w http.ResponseWriter, r *http.Request, carryOut func()) (ended bool)
	// handle answers what the fake does not know by itself.
	handle http.HandlerFunc
}

func newFakeAPI(t *testing.T) *fakeAPI {
	t.Helper()
	f := &fakeAPI{objects: map[string]map[string]any{}}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(f.serve))
	f.Config.ErrorLog = quiet()
	f.StartTLS()
	t.Cleanup(func() {
		f.late.Wait()
		f.Close()
	})
	return f
}

// quiet drops what a server says of connections that probes break off on purpose.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func (f *fakeAPI) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	n := len(f.requests)
	disturb := f.disturb
	f.mu.Unlock()
	if disturb != nil && disturb(n, w, r, func() { f.answer(httptest.NewRecorder(), r, body) }) {
		return
	}
	f.answer(w, r, body)
}

func (f *fakeAPI) answer(w http.ResponseWriter, r *http.Request, body []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/"), "/")
	if strings.HasPrefix(r.URL.Path, "/api/v1/namespaces/") && len(parts) >= 2 && (parts[1] == "secrets" || parts[1] == "configmaps") {
		f.store(w, r, parts, body)
		return
	}
	if r.URL.Path == "/api/v1/secrets" || r.URL.Path == "/api/v1/configmaps" {
		f.list(w, strings.TrimPrefix(r.URL.Path, "/api/v1/"), "")
		return
	}
	if f.handle != nil {
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		f.handle(w, r)
		return
	}
	status(w, http.StatusNotFound, "not found")
}

func (f *fakeAPI) store(w http.ResponseWriter, r *http.Request, parts []string, body []byte) {
	switch {
	case len(parts) == 2 && r.Method == http.MethodPost:
		var o map[string]any
		if err := json.Unmarshal(body, &o); err != nil {
			status(w, http.StatusBadRequest, err.Error())
			return
		}
		meta := o["metadata"].(map[string]any)
		meta["uid"] = "uid-" + meta["name"].(string)
		f.objects[parts[1]+" "+parts[0]+"/"+meta["name"].(string)] = o
		f.most = max(f.most, len(f.objects))
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(o)
	case len(parts) == 2:
		f.list(w, parts[1], parts[0])
	default:
		key := parts[1] + " " + parts[0] + "/" + parts[2]
		o, ok := f.objects[key]
		if !ok {
			status(w, http.StatusNotFound, parts[1]+" "+parts[2]+" not found")
			return
		}
		if r.Method == http.MethodDelete {
			delete(f.objects, key)
		}
		_ = json.NewEncoder(w).Encode(o)
	}
}

func (f *fakeAPI) list(w http.ResponseWriter, resource, namespace string) {
	items := []any{}
	for key, o := range f.objects {
		if strings.HasPrefix(key, resource+" "+namespace) {
			items = append(items, map[string]any{"metadata": o["metadata"]})
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"items": items})
}

func status(w http.ResponseWriter, code int, message string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "message": message, "code": code})
}

// names are the objects that are there.
func (f *fakeAPI) names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for key := range f.objects {
		all = append(all, key)
	}
	return all
}

func (f *fakeAPI) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.requests)
}

// kubeconfig writes a kubeconfig file for a server.
func kubeconfig(t *testing.T, s *httptest.Server) string {
	t.Helper()
	ca := base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`{"apiVersion":"v1","kind":"Config","current-context":"test","clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],
"contexts":[{"name":"test","context":{"cluster":"c","user":"u"}}],"users":[{"name":"u","user":{"token":"secret-token"}}]}`, s.URL, ca)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// counter is a source of bytes that are different each time and the same in each run.
type counter struct {
	mu sync.Mutex
	n  uint64
}

func (c *counter) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range b {
		c.n = c.n*6364136223846793005 + 1442695040888963407
		b[i] = byte(c.n >> 56)
	}
	return len(b), nil
}

func target(t *testing.T, s *httptest.Server) *Target {
	t.Helper()
	api, err := kubeclient.Connect(kubeclient.Options{Kubeconfig: kubeconfig(t, s), Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	anonymous, err := api.Anonymous()
	if err != nil {
		t.Fatal(err)
	}
	return &Target{
		API: api, Anonymous: anonymous, CanaryNamespace: "default", Timeout: 2 * time.Second, AuditWait: 300 * time.Millisecond,
		Now: func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }, Random: &counter{}, Tell: func(m string) { t.Log("told: ", m) },
	}
}

func find(t *testing.T, name string) *Probe {
	t.Helper()
	p, ok := Find(name)
	if !ok {
		t.Fatal("no probe ", name)
	}
	return p
}

// run runs a probe that is not interrupted.
func run(t *testing.T, name string, target *Target) []Outcome {
	t.Helper()
	outcomes, err := find(t, name).Run(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	return outcomes
}

// lines writes outcomes in short.
func lines(outcomes []Outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		fmt.Fprintf(&b, "%s %s %s %s: %s", o.Status, o.Control, o.Ref.String(), o.Path, o.Message)
		if o.Reason != "" {
			fmt.Fprintf(&b, " (%s)", o.Reason)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// statuses are those of outcomes with a control.
func statuses(outcomes []Outcome, id string) string {
	var all []string
	for _, o := range outcomes {
		if o.Control == id {
			all = append(all, o.Status.String())
		}
	}
	return strings.Join(all, " ")
}

// fakeEtcd answers Range as etcd does, from what a function says is stored; of ranges there is nothing.
func fakeEtcd(t *testing.T, stored func(key string) []byte) *httptest.Server {
	t.Helper()
	return etcdWith(t, func(key, end string, _ int) []byte {
		if end != "" {
			return rangeAnswer([]byte(key), nil)
		}
		return rangeAnswer([]byte(key), stored(key))
	})
}

// etcdWith answers Range with what a function says. An empty answer is an error of gRPC.
func etcdWith(t *testing.T, answer func(key, end string, limit int) []byte) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/etcdserverpb.KV/Range" || r.ProtoMajor != 2 || r.Header.Get("Content-Type") != "application/grpc" {
			http.NotFound(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || len(body) < 5 {
			http.Error(w, "no message", http.StatusBadRequest)
			return
		}
		key, _, err := field(body[5:], 1)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		end, ranged, err := field(body[5:], 2)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		limit := 0
		if ranged { // the limit is the last field, and small
			limit = int(body[len(body)-1])
		}
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		text := answer(string(key), string(end), limit)
		_, _ = w.Write(text)
		w.Header().Set("Grpc-Status", map[bool]string{true: "0", false: "7"}[len(text) > 0])
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = quiet()
	s.TLS = &tls.Config{NextProtos: []string{"h2"}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// pageAnswer is a gRPC message with a RangeResponse of some keys with their values.
func pageAnswer(pairs [][2]string, more bool) []byte {
	message := appendBytes(nil, 1, "\x08\x07")
	for _, p := range pairs {
		pair := appendNumber(appendBytes(nil, 1, p[0]), 2, 9)
		message = appendBytes(message, 2, string(appendBytes(pair, 5, p[1])))
	}
	if more {
		message = appendNumber(message, 3, 1)
	}
	message = appendNumber(message, 4, 12345)
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// rangeAnswer is a gRPC message with a RangeResponse.
func rangeAnswer(key, value []byte) []byte {
	bytesField := func(b []byte, number uint64, value []byte) []byte {
		b = binary.AppendUvarint(b, number<<3|2)
		b = binary.AppendUvarint(b, uint64(len(value)))
		return append(b, value...)
	}
	message := bytesField(nil, 1, []byte{1 << 3, 7}) // the header, with a number in it
	if value != nil {
		pair := bytesField(nil, 1, key)
		pair = append(pair, 2<<3, 9) // create_revision
		pair = bytesField(pair, 5, value)
		message = bytesField(message, 2, pair)
		message = append(message, 4<<3, 1) // count
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

// useEtcd tells a target of an etcd.
func useEtcd(t *testing.T, target *Target, s *httptest.Server) {
	t.Helper()
	ca := filepath.Join(t.TempDir(), "etcd-ca.crt")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	target.Etcd = Etcd{Endpoints: []string{s.URL}, CA: ca}
}

// noSecrets fails if evidence has something that must not be in it.
func noSecrets(t *testing.T, outcomes []Outcome, secrets ...string) {
	t.Helper()
	for _, o := range outcomes {
		text := fmt.Sprint(o)
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%q is in the outcome %s", s, text)
			}
		}
	}
}

func TestProbesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range All() {
		if p.Name == "" || seen[p.Name] || strings.ToLower(p.Name) != p.Name || strings.ContainsAny(p.Name, " _") {
			t.Errorf("name %q", p.Name)
		}
		seen[p.Name] = true
		if p.Title == "" || p.Does == "" || len(p.Needs) == 0 || len(p.Controls) == 0 || p.run == nil {
			t.Errorf("%s does not say everything of itself", p.Name)
		}
	}
}

// TestOutcomesWithoutAnything holds that a probe without anything to look at says unknown, of a control that it declares, and ends.
func TestOutcomesWithoutAnything(t *testing.T) {
	f := newFakeAPI(t)
	f.handle = func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusForbidden, "no") }
	for _, p := range All() {
		target := target(t, f.Server)
		outcomes, err := p.Run(t.Context(), target)
		if err != nil || len(outcomes) == 0 {
			t.Errorf("%s: %d outcomes, %v", p.Name, len(outcomes), err)
		}
		for _, o := range outcomes {
			if p.Name != "api-anonymous" && p.Name != "tls-versions" && o.Status != control.Unknown {
				t.Errorf("%s knows something: %s", p.Name, lines([]Outcome{o}))
			}
			if o.Status == control.Unknown && o.Reason == "" {
				t.Errorf("%s has no reason: %s", p.Name, lines([]Outcome{o}))
			}
			known := false
			for _, id := range p.Controls {
				known = known || id == o.Control
			}
			if !known {
				t.Errorf("%s does not declare %s", p.Name, o.Control)
			}
		}
	}
}

func TestCancelledProbesSayNothing(t *testing.T) {
	f := newFakeAPI(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, p := range All() {
		if outcomes, err := p.Run(ctx, target(t, f.Server)); err == nil || outcomes != nil {
			t.Errorf("%s: %v %v", p.Name, outcomes, err)
		}
	}
	if n := f.count(); n > 0 {
		t.Errorf("%d requests were sent: %v", n, f.requests)
	}
}
