package cli_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/kubeharden/kubeharden/internal/cli"
)

// asked is a registry on the loopback device with one image, app:1.2, and how often it was asked for anything.
type asked struct {
	host, digest string
	requests     atomic.Int32
}

func newAsked(t *testing.T) *asked {
	t.Helper()
	a := &asked{}
	h := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	a.host = strings.TrimPrefix(s.URL, "http://")
	index, err := random.Index(64, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(a.host + "/app:1.2")
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(tag, index, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	a.digest = digest.String()
	a.requests.Store(0)
	return a
}

// runFix runs fix with args, for images only.
func runFix(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Main(t.Context(), cli.Process{
		Args: append([]string{"kubeharden", "fix", "--risk", "review", "--control", "image-digest-missing"}, args...), Stdin: strings.NewReader(""),
		Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return code, out.String(), errs.String()
}

func pod(images ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: shop}\nspec:\n  containers:\n")
	for i, image := range images {
		fmt.Fprintf(&b, "  - name: c%d\n    image: %s # a comment\n", i, image)
	}
	return b.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s: %v\n%s\nwant\n%s", path, err, got, want)
	}
}

func TestPin(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	t.Setenv("REGISTRY_AUTH_FILE", "")
	a := newAsked(t)
	app, missing := a.host+"/app:1.2", a.host+"/app:9"
	other := "other.example.com/x:1: sha256:" + strings.Repeat("1a", 32)
	write(t, "pod.yaml", pod(app, app, missing))
	write(t, "images.lock", "images:\n  "+other+"\n")

	// Nobody is asked unless somebody says so.
	if code, _, stderr := runFix(t, "--lock", "images.lock", "pod.yaml"); code != 0 || !strings.Contains(stderr, app+" is not in images.lock") {
		t.Errorf("with --lock: exit %d, %s", code, stderr)
	}
	if n := a.requests.Load(); n != 0 {
		t.Fatalf("the registry was asked %d times without --pin", n)
	}

	code, stdout, stderr := runFix(t, "--pin", "--write-lock", "images.lock", "--write", "pod.yaml")
	if code != 2 || !strings.Contains(stderr, missing+": it is not in the registry") || !strings.Contains(stderr, "2 findings mended in 1 file") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	pinned := app + "@" + a.digest
	wantFile(t, "pod.yaml", pod(pinned, pinned, missing))
	locked := "# Digests of images, for kubeharden fix --lock.\nimages:\n  " + app + ": " + a.digest + "\n  " + other + "\n"
	wantFile(t, "images.lock", locked)

	// The lock file alone does the same, and all is well without the image that there is not.
	write(t, "again.yaml", pod(app))
	a.requests.Store(0)
	if code, _, stderr := runFix(t, "--pin", "--lock", "images.lock", "--write", "again.yaml"); code != 0 {
		t.Errorf("exit %d: %s", code, stderr)
	}
	wantFile(t, "again.yaml", pod(pinned))
	code, stdout, _ = runFix(t, "--pin", "--write-lock", "images.lock", "--write", "again.yaml")
	if code != 0 || stdout != "" {
		t.Errorf("the second time: exit %d, %s", code, stdout)
	}
	wantFile(t, "images.lock", locked)
	if n := a.requests.Load(); n != 0 {
		t.Errorf("the registry was asked %d times for what is known", n)
	}
}

func TestPinTimeout(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("DOCKER_CONFIG", t.TempDir())
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(s.Close)
	t.Cleanup(func() { close(release) })
	app := strings.TrimPrefix(s.URL, "http://") + "/app:1.2"
	write(t, "pod.yaml", pod(app))
	code, stdout, stderr := runFix(t, "--pin", "--pin-timeout", "20ms", "--format", "json", "pod.yaml")
	if code != 2 || stderr != "" || !strings.Contains(stdout, `"reason": "`+app+`: the registry has not answered in time"`) {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}
