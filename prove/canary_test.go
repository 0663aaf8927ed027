package prove

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// underEncryption is a target whose API server keeps what it is given, and an etcd that shows it in a form.
func underEncryption(t *testing.T, form func(secret string) []byte) (*fakeAPI, *Target) {
	t.Helper()
	f := newFakeAPI(t)
	target := target(t, f.Server)
	etcd := fakeEtcd(t, func(key string) []byte {
		f.mu.Lock()
		defer f.mu.Unlock()
		o, ok := f.objects["secrets "+strings.TrimPrefix(key, "/registry/secrets/")]
		if !ok {
			return nil
		}
		return form(o["stringData"].(map[string]any)["value"].(string))
	})
	useEtcd(t, target, etcd)
	return f, target
}

// freshTarget has not looked for etcd yet.
func freshTarget(t *testing.T, f *fakeAPI, etcd Etcd) *Target {
	t.Helper()
	target := target(t, f.Server)
	target.Etcd = etcd
	return target
}

func sealed(prefix string) func(string) []byte {
	return func(string) []byte { return []byte(prefix + "\x01\x02ciphertext") }
}

func TestEncryptionAtRest(t *testing.T) {
	for name, c := range map[string]struct {
		form func(string) []byte
		want string
	}{
		"plain": {
			func(s string) []byte { return []byte("k8s\x00\n\x0c\n\x02v1\x12\x06Secret" + s) },
			"fail encryption-provider-config-missing Secret/default/canary : Secrets are stored in plain text\n",
		},
		"secretbox": {sealed("k8s:enc:secretbox:v1:key1:"), "pass encryption-identity-provider-first Secret/default/canary : the provider that writes encrypts: secretbox\n" +
			"pass encryption-provider-config-missing Secret/default/canary : Secrets are stored encrypted, by secretbox:v1:key1\n" +
			"pass encryption-provider-weak Secret/default/canary : the provider that writes is secretbox\n"},
		"aesgcm": {sealed("k8s:enc:aesgcm:v1:key1:"), "fail encryption-provider-weak Secret/default/canary : the provider that writes is aesgcm\n"},
		"kms v1": {sealed("k8s:enc:kms:v1:vault:"), "fail encryption-kms-v1-used Secret/default/canary : the KMS plugin speaks v1\n"},
		"kms v2": {sealed("k8s:enc:kms:v2:vault:"), "pass encryption-kms-v1-used Secret/default/canary : the KMS plugin speaks v2\n"},
		"marked, but readable": {
			func(s string) []byte { return []byte("k8s:enc:aescbc:v1:key1:" + s) }, "fail encryption-provider-config-missing",
		},
		"something else": {sealed("\x00\x01"), "unknown encryption-provider-config-missing"},
		"not there":      {func(string) []byte { return nil }, "etcd has nothing at /registry/secrets/default/kubeharden-canary-"},
	} {
		t.Run(name, func(t *testing.T) {
			var value string
			f, target := underEncryption(t, func(s string) []byte { value = s; return c.form(s) })
			outcomes := run(t, "encryption-at-rest", target)
			if got := lines(outcomes); !strings.Contains(got, c.want) {
				t.Errorf("want %s\ngot %s", c.want, got)
			}
			if left := f.names(); len(left) > 0 || f.most != 1 || len(target.Left()) > 0 {
				t.Errorf("left %v, made %d, %v", left, f.most, target.Left())
			}
			noSecrets(t, outcomes, value, "ciphertext")
		})
	}
}

func TestIdentityFirstIsNamed(t *testing.T) {
	f, target := underEncryption(t, func(s string) []byte { return []byte(s) })
	f.handle = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"items":[{"spec":{"containers":[{"command":["kube-apiserver","--encryption-provider-config=/etc/x.yaml"]}]}}]}`))
	}
	if got := lines(run(t, "encryption-at-rest", target)); !strings.Contains(got, "fail encryption-identity-provider-first") {
		t.Error(got)
	}
}

// TestNothingIsMadeInVain holds that no canary is made where etcd cannot be read.
func TestNothingIsMadeInVain(t *testing.T) {
	f, target := underEncryption(t, sealed("k8s:enc:secretbox:v1:key1:"))
	good := target.Etcd
	broken := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(broken, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, etcd := range map[string]Etcd{
		"nothing given":     {},
		"another authority": {Endpoints: good.Endpoints},
		"not reachable":     {Endpoints: []string{"https://127.0.0.1:1"}, CA: good.CA},
		"no certificate":    {Endpoints: good.Endpoints, CA: good.CA, Cert: broken, Key: broken},
		"no authority":      {Endpoints: good.Endpoints, CA: broken},
		"no etcd":           {Endpoints: []string{f.URL}, CA: good.CA},
	} {
		target := freshTarget(t, f, etcd)
		outcomes := run(t, "encryption-at-rest", target)
		if len(outcomes) != 2 {
			t.Errorf("%s: %s", name, lines(outcomes))
		}
		for _, o := range outcomes {
			if o.Status.String() != "unknown" || o.NotGiven != (name == "nothing given") {
				t.Errorf("%s: %s", name, lines(outcomes))
			}
		}
	}
	for _, r := range f.requests {
		if strings.HasPrefix(r, "POST ") {
			t.Errorf("%s was sent", r)
		}
	}
}

// TestInterruptedEverywhere cancels the run at each of its requests, before and after the request is carried out, and holds that nothing is left.
func TestInterruptedEverywhere(t *testing.T) {
	for _, name := range []string{"encryption-at-rest", "audit"} {
		for _, before := range []bool{true, false} {
			for k := 1; ; k++ {
				f, target := underEncryption(t, sealed("k8s:enc:secretbox:v1:key1:"))
				auditTo(t, target)
				ctx, cancel := context.WithCancel(t.Context())
				f.disturb = func(n int, _ http.ResponseWriter, _ *http.Request, carryOut func()) bool {
					if n == k {
						if !before {
							carryOut()
						}
						cancel()
						time.Sleep(20 * time.Millisecond) // so that the client has seen it
						return !before
					}
					return false
				}
				outcomes, err := find(t, name).Run(ctx, target)
				cancel()
				f.late.Wait()
				if left := f.names(); len(left) > 0 || len(target.Left()) > 0 {
					t.Errorf("%s, request %d, before %v: left %v %v", name, k, before, left, target.Left())
				}
				if n := f.count(); n < k {
					if k < 5 || err != nil {
						t.Errorf("%s ended after %d requests: %v %v", name, n, outcomes, err)
					}
					break
				}
				if err == nil || outcomes != nil {
					if k < f.count() {
						t.Errorf("%s, request %d: no error, %s", name, k, lines(outcomes))
					}
				}
			}
		}
	}
}

// TestFailingEverywhere lets each request fail once, in every way in which requests fail, and holds that nothing is left, or that it is told.
func TestFailingEverywhere(t *testing.T) {
	hangUp := func(w http.ResponseWriter) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			c.Close()
		}
	}
	for way, fail := range map[string]func(f *fakeAPI, w http.ResponseWriter, carryOut func()){
		"refused":         func(_ *fakeAPI, w http.ResponseWriter, _ func()) { status(w, http.StatusForbidden, "no") },
		"not carried out": func(_ *fakeAPI, w http.ResponseWriter, _ func()) { hangUp(w) },
		"answer lost":     func(_ *fakeAPI, w http.ResponseWriter, carryOut func()) { carryOut(); hangUp(w) },
		"error":           func(_ *fakeAPI, w http.ResponseWriter, _ func()) { status(w, http.StatusInternalServerError, "oops") },
		"timeout, but carried out": func(_ *fakeAPI, w http.ResponseWriter, carryOut func()) {
			carryOut()
			status(w, http.StatusGatewayTimeout, "timeout")
		},
		"too many": func(_ *fakeAPI, w http.ResponseWriter, _ func()) {
			w.Header().Set("Retry-After", "0")
			status(w, http.StatusTooManyRequests, "slow down")
		},
		"carried out later": func(f *fakeAPI, w http.ResponseWriter, carryOut func()) {
			f.late.Go(func() {
				time.Sleep(250 * time.Millisecond)
				carryOut()
			})
			hangUp(w)
		},
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			for k := 1; ; k++ {
				f, target := underEncryption(t, sealed("k8s:enc:secretbox:v1:key1:"))
				f.disturb = func(n int, w http.ResponseWriter, _ *http.Request, carryOut func()) bool {
					if n != k {
						return false
					}
					fail(f, w, carryOut)
					return true
				}
				outcomes := run(t, "encryption-at-rest", target)
				f.late.Wait()
				if left, told := f.names(), target.Left(); len(left) != len(told) || way != "refused" && len(left) > 0 {
					t.Errorf("request %d: left %v, told %v\n%s", k, left, told, strings.Join(f.requests, "\n"))
				}
				if f.count() < k {
					break
				}
				if len(outcomes) == 0 {
					t.Errorf("request %d: no outcome", k)
				}
			}
		})
	}
}

func TestPanicLeavesNothing(t *testing.T) {
	f := newFakeAPI(t)
	target := target(t, f.Server)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		bird, err := target.newCanary("secrets")
		if err != nil {
			t.Fatal(err)
		}
		bird.with(t.Context(), "Secret", nil, func() { panic("while the canary is there") })
	}()
	if left := f.names(); len(left) > 0 || f.most != 1 {
		t.Errorf("left %v, made %d", left, f.most)
	}
}

// canaryObject is an object as it may be found.
func canaryObject(name, label, expires string) map[string]any {
	return map[string]any{"metadata": map[string]any{
		"name": name, "namespace": "default", "uid": "u-" + name, "labels": map[string]any{canaryLabel: label}, "annotations": map[string]any{canaryExpires: expires},
	}}
}

// TestLeftovers holds that a run deletes what killed runs have left, --clean-up all canaries, and neither anything else.
func TestLeftovers(t *testing.T) {
	fill := func(f *fakeAPI) {
		for _, o := range []map[string]any{
			canaryObject(canaryPrefix+"old", "true", "2026-01-02T03:00:00Z"), canaryObject(canaryPrefix+"new", "true", "2026-01-02T03:10:00Z"),
			canaryObject(canaryPrefix+"broken", "true", "yesterday"), canaryObject("database", "true", "2026-01-02T03:00:00Z"),
			canaryObject(canaryPrefix+"kept", "no", "2026-01-02T03:00:00Z"),
		} {
			f.objects["secrets default/"+o["metadata"].(map[string]any)["name"].(string)] = o
		}
	}
	f, target := underEncryption(t, sealed("k8s:enc:secretbox:v1:key1:"))
	fill(f)
	run(t, "encryption-at-rest", target)
	if got := strings.Join(f.names(), " "); strings.Contains(got, "old") || len(f.names()) != 4 {
		t.Errorf("after a run there are %s", got)
	}
	deleted, err := target.CleanUp(t.Context())
	if got := strings.Join(f.names(), " "); err != nil || len(deleted) != 2 || len(f.names()) != 2 || !strings.Contains(got, "database") || !strings.Contains(got, "kept") {
		t.Errorf("deleted %v %v, there are %s", deleted, err, got)
	}
}

func TestCleanUpSaysWhatItCannotDo(t *testing.T) {
	f := newFakeAPI(t)
	f.disturb = func(_ int, w http.ResponseWriter, r *http.Request, _ func()) bool {
		if strings.HasSuffix(r.URL.Path, "/configmaps") || r.URL.Path == "/api/v1/secrets" {
			status(w, http.StatusForbidden, "no")
			return true
		}
		return false
	}
	f.objects["secrets default/"+canaryPrefix+"a"] = canaryObject(canaryPrefix+"a", "true", "2026-01-02T03:10:00Z")
	deleted, err := target(t, f.Server).CleanUp(t.Context())
	if len(deleted) != 1 || err == nil || !strings.Contains(err.Error(), "configmaps") {
		t.Error(deleted, err)
	}
}
