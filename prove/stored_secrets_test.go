package prove

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// storing is a target whose etcd has Secrets, by namespace/name, beside the canary, which is stored in a form of its own.
func storing(t *testing.T, form func(secret string) []byte, there map[string]string) (target *Target, pages *int) {
	t.Helper()
	f, target := underEncryption(t, form)
	var keys []string
	for name := range there {
		keys = append(keys, "/registry/secrets/"+name)
	}
	slices.Sort(keys)
	pages = new(int)
	etcd := etcdWith(t, func(key, end string, limit int) []byte {
		if end == "" {
			f.mu.Lock()
			defer f.mu.Unlock()
			o, ok := f.objects["secrets "+strings.TrimPrefix(key, "/registry/secrets/")]
			if !ok {
				return rangeAnswer([]byte(key), nil)
			}
			return rangeAnswer([]byte(key), form(o["stringData"].(map[string]any)["value"].(string)))
		}
		*pages++
		if end != "/registry/secrets0" || limit != storedPage {
			t.Errorf("asked for %q to %q, %d at once", key, end, limit)
		}
		var pairs [][2]string
		for _, k := range keys {
			if k >= key && k < end && len(pairs) <= limit {
				pairs = append(pairs, [2]string{k, there[strings.TrimPrefix(k, "/registry/secrets/")]})
			}
		}
		return pageAnswer(pairs[:min(len(pairs), limit)], len(pairs) > limit)
	})
	useEtcd(t, target, etcd)
	return target, pages
}

const (
	oldPlain = "k8s\x00\n\x0c\n\x02v1\x12\x06Secrethunter2"
	key1     = "k8s:enc:secretbox:v1:key1:hunter2"
	key2     = "k8s:enc:secretbox:v1:key2:hunter2"
)

func TestStoredSecrets(t *testing.T) {
	inPlain := func(s string) []byte { return []byte(oldPlain + s) }
	for name, c := range map[string]struct {
		form  func(string) []byte
		there map[string]string
		want  string
	}{
		"all with the key that writes": {
			sealed("k8s:enc:secretbox:v1:key1:"),
			map[string]string{"a/b": key1, "c/d": key1},
			"pass encryption-existing-secrets-not-rewritten APIServer/HOST : 2 Secrets stored, encrypted all with secretbox:v1:key1",
		},
		"one from before": {
			sealed("k8s:enc:secretbox:v1:key1:"),
			map[string]string{"a/b": key1, "shop/db": oldPlain},
			"fail encryption-existing-secrets-not-rewritten APIServer/HOST : 1 Secret (shop/db) of 2 stored in plain text, from before encryption was turned on",
		},
		"all from before": {
			sealed("k8s:enc:secretbox:v1:key1:"), map[string]string{"a/b": `{"kind":"Secret"}`}, "fail encryption-existing-secrets-not-rewritten APIServer/HOST : 1 Secret (a/b) of 1 stored in plain text",
		},
		"an old key": {
			sealed("k8s:enc:secretbox:v1:key2:"),
			map[string]string{"a/b": key1, "c/d": key2},
			"fail encryption-existing-secrets-not-rewritten APIServer/HOST : 1 Secret (a/b) of 2 encrypted with another key than secretbox:v1:key2, which writes now",
		},
		"both": {
			sealed("k8s:enc:secretbox:v1:key2:"), map[string]string{"a/b": key1, "c/d": key2, "e/f": oldPlain}, "turned on; 1 Secret (a/b) with another key than secretbox:v1:key2",
		},
		"nothing is encrypted": {
			inPlain, map[string]string{"a/b": oldPlain}, "not-applicable encryption-existing-secrets-not-rewritten APIServer/HOST : no Secret is encrypted, nor are",
		},
		"encryption is being taken away": {
			inPlain, map[string]string{"a/b": oldPlain, "c/d": key1}, "fail encryption-existing-secrets-not-rewritten APIServer/HOST : 1 Secret (a/b) of 2 stored in plain text, which is how Secrets are written now",
		},
		"encryption was taken away": {
			inPlain, map[string]string{"c/d": key1}, "not-applicable encryption-existing-secrets-not-rewritten APIServer/HOST : every Secret is encrypted, though",
		},
		"none": {
			sealed("k8s:enc:secretbox:v1:key1:"), nil, "not-applicable encryption-existing-secrets-not-rewritten APIServer/HOST : no Secret is stored",
		},
		"another prefix": {
			func(string) []byte { return nil }, nil, "unknown encryption-existing-secrets-not-rewritten APIServer/HOST : could not be proven (etcd has no Secret there; --etcd-prefix",
		},
		"a form of its own": {
			sealed("k8s:enc:secretbox:v1:key1:"), map[string]string{"a/b": key1, "c/d": "\x01hunter2"}, "could not be proven (of 1 Secret (c/d) it cannot be said whether they are encrypted)",
		},
		"the canary is not seen": {
			func(string) []byte { return nil }, map[string]string{"a/b": key1}, "pass encryption-existing-secrets-not-rewritten",
		},
		"the canary is not seen, two keys": {
			func(string) []byte { return nil }, map[string]string{"a/b": key1, "c/d": key2}, "fail encryption-existing-secrets-not-rewritten APIServer/HOST : several keys are in use: 2 Secrets: 0 not encrypted, 1 with",
		},
		"the canary is not seen, nothing is encrypted": {
			func(string) []byte { return nil }, map[string]string{"a/b": oldPlain}, "unknown encryption-existing-secrets-not-rewritten",
		},
	} {
		t.Run(name, func(t *testing.T) {
			target, _ := storing(t, c.form, c.there)
			outcomes := run(t, "encryption-at-rest", target)
			if got, want := lines(outcomes), strings.ReplaceAll(c.want, "HOST", target.API.Server().Host); !strings.Contains(got, want) {
				t.Errorf("want %s\ngot %s", want, got)
			}
			noSecrets(t, outcomes, "hunter2")
		})
	}
}

// TestStoredSecretsInPages holds that all are looked at, whatever their size, and that the first are named and the others counted.
func TestStoredSecretsInPages(t *testing.T) {
	there := map[string]string{}
	for i := range 2*storedPage + 1 {
		value := key1
		if i%25 == 0 {
			value = oldPlain
		}
		there[fmt.Sprintf("shop/s%03d", i)] = value + strings.Repeat("x", i*100)
	}
	target, pages := storing(t, sealed("k8s:enc:secretbox:v1:key1:"), there)
	outcomes := run(t, "encryption-at-rest", target)
	want := ": 9 Secrets (shop/s000, shop/s025, shop/s050, shop/s075, shop/s100, ...) of 201 stored in plain text, from before encryption was turned on\n"
	if got := lines(outcomes); !strings.Contains(got, want) || *pages != 3 {
		t.Errorf("%d pages\n%s", *pages, got)
	}
	found := false
	for _, o := range outcomes {
		for _, e := range o.Evidence {
			found = found || e.Response == "201 Secrets: 9 not encrypted, 192 with secretbox:v1:key1"
		}
	}
	if !found {
		t.Error("the evidence does not count them")
	}
}

// TestPagesThatLie holds that an etcd that goes in circles, or breaks off, makes the outcome unknown and comes to an end.
func TestPagesThatLie(t *testing.T) {
	for name, answer := range map[string]func(key string) []byte{
		"the same again": func(string) []byte { return pageAnswer([][2]string{{"/registry/secrets/a/b", key1}}, true) },
		"backwards": func(string) []byte {
			return pageAnswer([][2]string{{"/registry/secrets/b/b", key1}, {"/registry/secrets/a/b", key1}}, false)
		},
		"elsewhere":       func(string) []byte { return pageAnswer([][2]string{{"/registry/pods/a/b", key1}}, false) },
		"more of nothing": func(string) []byte { return pageAnswer(nil, true) },
		"breaks off":      func(string) []byte { return pageAnswer([][2]string{{"/registry/secrets/a/b", key1}}, false)[:20] },
		"refuses":         func(string) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			_, target := underEncryption(t, sealed("k8s:enc:secretbox:v1:key1:"))
			useEtcd(t, target, etcdWith(t, func(key, end string, _ int) []byte {
				if end == "" {
					return rangeAnswer([]byte(key), nil)
				}
				return answer(key)
			}))
			outcomes := run(t, "encryption-at-rest", target)
			if got := statuses(outcomes, encryptionRewritten); got != "unknown" {
				t.Error(lines(outcomes))
			}
		})
	}
}

// FuzzReadPage holds that no answer is read beyond its end or for ever, and that what is kept of a value is its start.
func FuzzReadPage(f *testing.F) {
	f.Add(pageAnswer([][2]string{{"/registry/secrets/a/b", key1}, {"/registry/secrets/a/c", oldPlain}}, true))
	f.Add([]byte{0, 0, 0, 0, 2, 0x12, 0xff})
	f.Add([]byte{0, 0, 0, 0, 2, 0x10, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, _ = readPage(bytes.NewReader(b), func(key string, head []byte) error {
			if len(key) > maxKey || len(head) > maxHead || !bytes.Contains(b, []byte(key)) || !bytes.Contains(b, head) {
				t.Errorf("%q %q", key, head)
			}
			return nil
		})
	})
}
