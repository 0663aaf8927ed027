package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	gcr "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/kubeharden/kubeharden/image"
	"github.com/kubeharden/kubeharden/image/lock"
)

// noLogins keeps the logins of whoever runs the tests out of them.
type noLogins struct{}

func (noLogins) Resolve(authn.Resource) (authn.Authenticator, error) { return authn.Anonymous, nil }

// login is one for every registry.
type login struct{ user, password string }

func (l login) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: l.user, Password: l.password}, nil
}

// serve runs a registry on the loopback device; around sees each request first.
func serve(t *testing.T, around func(next http.Handler) http.Handler) (host string) {
	t.Helper()
	h := gcr.New(gcr.Logger(log.New(io.Discard, "", 0)))
	if around != nil {
		h = around(h)
	}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func parse(t *testing.T, s string) image.Reference {
	t.Helper()
	r, err := image.Parse(s)
	if err != nil {
		t.Fatalf("parse %q: %v", s, err)
	}
	return r
}

// push puts an index for several platforms and an image into a registry, and returns their digests.
func push(t *testing.T, host string, as authn.Authenticator) (index, single string) {
	t.Helper()
	i, err := random.Index(64, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	m, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	options := []remote.Option{remote.WithContext(t.Context()), remote.WithAuth(as)}
	if err := remote.WriteIndex(tag(t, host+"/team/app:1.2"), i, options...); err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag(t, host+"/team/app:latest"), m, options...); err != nil {
		t.Fatal(err)
	}
	a, err := i.Digest()
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return a.String(), b.String()
}

func tag(t *testing.T, s string) name.Tag {
	t.Helper()
	n, err := name.NewTag(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDigest(t *testing.T) {
	var pulls atomic.Int32
	host := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/manifests/") {
				pulls.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	index, single := push(t, host, authn.Anonymous)
	pulls.Store(0)
	c := Client{Keychain: noLogins{}}
	for _, test := range []struct {
		in, want string
		err      error
	}{
		{host + "/team/app:1.2", index, nil},
		{host + "/team/app:1.2@" + single, index, nil}, // what the tag names, not what the digest does
		{host + "/team/app", single, nil},
		{host + "/team/app:1.3", "", ErrNotFound},
		{host + "/team/other:1", "", ErrNotFound},
	} {
		ref := parse(t, test.in)
		got, err := c.Digest(t.Context(), &ref)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v; want %q, %v", test.in, got, err, test.want, test.err)
		}
	}
	if n := pulls.Load(); n != 0 {
		t.Errorf("%d manifests were fetched: HEAD is enough, and is not counted as a pull", n)
	}
}

func TestDigestLogin(t *testing.T) {
	host := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, ok := r.BasicAuth(); !ok || user != "ada" || password != "s3cret" {
				w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	index, _ := push(t, host, &authn.Basic{Username: "ada", Password: "s3cret"})
	ref := parse(t, host+"/team/app:1.2")
	for _, test := range []struct {
		keychain authn.Keychain
		want     string
		err      error
	}{
		{noLogins{}, "", ErrRefused},
		{login{"ada", "wrong"}, "", ErrRefused},
		{login{"ada", "s3cret"}, index, nil},
	} {
		c := Client{Keychain: test.keychain}
		got, err := c.Digest(t.Context(), &ref)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%v: %q, %v; want %q, %v", test.keychain, got, err, test.want, test.err)
		}
		if err != nil && strings.Contains(err.Error(), "wrong") {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

// TestDigestTimeout asks a registry that never answers.
func TestDigestTimeout(t *testing.T) {
	release := make(chan struct{})
	host := serve(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		})
	})
	t.Cleanup(func() { close(release) }) // before the server is closed, which waits for its answers
	c := Client{Keychain: noLogins{}, Timeout: 20 * time.Millisecond}
	ref := parse(t, host+"/team/app:1.2")
	if got, err := c.Digest(t.Context(), &ref); !errors.Is(err, ErrTimeout) {
		t.Errorf("%q, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	answers := c.Digests(ctx, []image.Reference{ref})
	if err := answers[lock.Key(&ref)].Err; err == nil || errors.Is(err, ErrTimeout) {
		t.Errorf("of a run that is over: %v", err)
	}
}

// TestDigestHostile asks registries that answer what none should.
func TestDigestHostile(t *testing.T) {
	for _, test := range []struct {
		name   string
		header map[string]string
		status int
		want   string
	}{
		{"no digest", map[string]string{}, 200, "ask the registry: "},
		{"other algorithm", map[string]string{"Docker-Content-Digest": "md5:00"}, 200, "ask the registry: "},
		{"text behind it", map[string]string{"Docker-Content-Digest": "sha256:" + strings.Repeat("a", 64) + " x"}, 200, "ask the registry: "},
		{"upper case", map[string]string{"Docker-Content-Digest": "sha256:" + strings.Repeat("A", 64)}, 200, "ask the registry: "},
		{"too often", nil, 429, ErrTooOften.Error()},
		{"broken", nil, 501, "the registry has answered with status 501"},
		{"in circles", map[string]string{"Location": "/v2/"}, 302, "ask the registry: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			host := serve(t, func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/v2/" && test.status != http.StatusFound {
						return
					}
					w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
					w.Header().Set("Content-Length", "7")
					for k, v := range test.header {
						w.Header().Set(k, v)
					}
					w.WriteHeader(test.status)
				})
			})
			c := Client{Keychain: noLogins{}, Timeout: time.Second}
			ref := parse(t, host+"/team/app:1.2")
			got, err := c.Digest(t.Context(), &ref)
			if got != "" || err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("%q, %v; want %s…", got, err, test.want)
			}
		})
	}
}

// TestDigests asks for many images, each once.
func TestDigests(t *testing.T) {
	var (
		mu    sync.Mutex
		times = map[string]int{}
	)
	host := serve(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			if r.Method == http.MethodHead && strings.Contains(r.URL.Path, "/manifests/") {
				times[r.URL.Path]++
			}
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
	})
	index, single := push(t, host, authn.Anonymous)
	mu.Lock()
	clear(times)
	mu.Unlock()
	var refs []image.Reference
	for range 3 {
		refs = append(refs, parse(t, host+"/team/app:1.2"), parse(t, host+"/team/app"), parse(t, host+"/team/app:latest"))
		for i := range 30 {
			refs = append(refs, parse(t, fmt.Sprintf("%s/team/missing:%d", host, i)))
		}
	}
	c := Client{Keychain: noLogins{}}
	answers := c.Digests(t.Context(), refs)
	if len(answers) != 32 {
		t.Errorf("%d answers, want 32", len(answers))
	}
	for key, answer := range answers {
		switch {
		case strings.HasSuffix(key, ":1.2") && answer == Answer{Digest: index}:
		case strings.HasSuffix(key, ":latest") && answer == Answer{Digest: single}:
		case strings.Contains(key, "missing") && answer.Digest == "" && errors.Is(answer.Err, ErrNotFound):
		default:
			t.Errorf("%s: %v", key, answer)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for path, n := range times {
		if n != 1 {
			t.Errorf("%s was asked for %d times", path, n)
		}
	}
}

// heldBack is a keychain that keeps everybody who asks it waiting, and then has no login for them.
type heldBack struct {
	waiting atomic.Int32
	release chan struct{}
}

func (h *heldBack) Resolve(authn.Resource) (authn.Authenticator, error) {
	h.waiting.Add(1)
	<-h.release
	return nil, errors.New("no logins today")
}

// TestDigestsAtOnce stops every question at the keychain, before the network, and counts them.
func TestDigestsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var refs []image.Reference
		for i := range 5 * Jobs {
			refs = append(refs, parse(t, fmt.Sprintf("registry.example.com/app:%d", i)))
		}
		keychain := &heldBack{release: make(chan struct{})}
		c := Client{Keychain: keychain}
		answers := make(chan map[string]Answer)
		go func() { answers <- c.Digests(t.Context(), refs) }()
		synctest.Wait()
		if n := keychain.waiting.Load(); n != Jobs {
			t.Errorf("%d images are asked for at a time, want %d", n, Jobs)
		}
		close(keychain.release)
		for key, answer := range <-answers {
			if answer.Err == nil || !strings.Contains(answer.Err.Error(), "no logins today") {
				t.Errorf("%s: %v", key, answer)
			}
		}
	})
}

func TestTooMany(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nobody is to be asked
	var refs []image.Reference
	for i := range MaxImages + 2 {
		refs = append(refs, parse(t, fmt.Sprintf("127.0.0.1:1/app:%d", i)))
	}
	c := Client{Keychain: noLogins{}}
	refused := 0
	for _, answer := range c.Digests(ctx, refs) {
		if errors.Is(answer.Err, ErrTooMany) {
			refused++
		}
	}
	if refused != 2 {
		t.Errorf("%d images were too many, want 2", refused)
	}
}

// TestSecure says that nothing leaves this computer without TLS: the library tries HTTP for private addresses.
func TestSecure(t *testing.T) {
	for url, want := range map[string]bool{
		"https://registry.example.com/v2/": true,
		"https://10.0.0.1/v2/":             true,
		"http://127.0.0.1:5000/v2/":        true,
		"http://localhost:5000/v2/":        true,
		"http://[::1]:5000/v2/":            true,
		"http://10.0.0.1/v2/":              false,
		"http://192.168.0.1:5000/v2/":      false,
		"http://evil.localhost/v2/":        false,
		"http://registry.example.com/v2/":  false,
		"http:///v2/":                      false,
	} {
		sent := false
		s := secure{transportFunc(func(*http.Request) (*http.Response, error) {
			sent = true
			return nil, io.EOF
		})}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.RoundTrip(r) //nolint:bodyclose // there is no answer
		if sent != want || errors.Is(err, ErrInsecure) == want {
			t.Errorf("%s: sent is %t, %v", url, sent, err)
		}
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
