// Package apiserverconfig compares what kubeharden says of the API server's own files with what the API server's packages say.
package apiserverconfig

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apiserver/pkg/apis/apiserver"
	apiserverv1 "k8s.io/apiserver/pkg/apis/apiserver/v1"
	"k8s.io/apiserver/pkg/apis/apiserver/validation"
	"k8s.io/apiserver/pkg/server/options/encryptionconfig"

	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/tree"
)

// random writes files out of few words, right and wrong ones, so that they meet.
type random struct{ *rand.Rand }

func (r random) pick(words ...string) string { return words[r.IntN(len(words))] }

// often picks the first word nine times out of ten.
func (r random) often(words ...string) string {
	if r.IntN(10) > 0 {
		return words[0]
	}
	return r.pick(words...)
}

const (
	key16 = "A/j5CnrWGB83ylcPkuUhmw=="
	key32 = "A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q="
)

func (r random) key() string {
	return fmt.Sprintf("{%s: %s, %s: %s}", r.often("name", "nam", "Name"), r.often("a", "''", "7", "null", "b"),
		r.often("secret", "secrets"), r.often(key32, key16, "''", "x", "null", "12", "AAAA", "<key>", key16+key16))
}

func (r random) keys() string {
	var keys []string
	for range r.IntN(3) + r.IntN(2) {
		keys = append(keys, r.key())
	}
	return "{" + r.often("keys", "key") + ": [" + strings.Join(keys, ", ") + "]}"
}

func (r random) kms() string {
	fields := []string{
		"apiVersion: " + r.pick("v1", "v2", "v2", "v3", "''", "null"), "name: " + r.pick("a", "b", "c", "'a:b'", "''"),
		"endpoint: " + r.often("'unix:///a.sock'", "'unix://@a'", "'http://a'", "''", "'%'", "':'"),
	}
	if r.IntN(3) == 0 {
		fields = append(fields, "timeout: "+r.pick("3s", "0s", "-1s", "soon", "null", "3", "1h30m"))
	}
	if r.IntN(3) == 0 {
		fields = append(fields, r.often("cachesize", "cacheSize")+": "+r.pick("1", "0", "-1", "null", "1.0", "1.5", "3000000000", "'1'", "1e3", "0x10"))
	}
	return "{" + strings.Join(fields, ", ") + "}"
}

func (r random) provider(kms bool) string {
	switch n := r.IntN(12); {
	case n < 3:
		return "{identity: " + r.often("{}", "null", "{a: 1}", "[]", "''") + "}"
	case n < 6:
		return "{aescbc: " + r.keys() + "}"
	case n < 8:
		return "{aesgcm: " + r.keys() + "}"
	case n < 9:
		return "{secretbox: " + r.keys() + "}"
	case n < 11 && kms:
		return "{kms: " + r.kms() + "}"
	case n == 11:
		return r.pick("{}", "null", "{identity: {}, aescbc: "+r.keys()+"}", "{identity: null, secretbox: "+r.keys()+"}", "{rot13: {}}")
	}
	return "{secretbox: {keys: [{name: a, secret: " + key32 + "}]}}"
}

func (r random) list(most int, item func() string) string {
	var items []string
	for range r.IntN(most) + min(1, r.IntN(20)) {
		items = append(items, item())
	}
	return "[" + strings.Join(items, ", ") + "]"
}

func (r random) resource() string {
	return r.pick("secrets", "configmaps", "deployments.apps", "a.b.c", "secrets", "configmaps", "pods",
		r.pick("secrets.", "'*.'", "'*.apps'", "'*.*'", "'*'", "Secrets", "events.events.k8s.io", "'*.extensions'", "'pods.*'", "apiserveripinfo", "7", "null", "''"))
}

func (r random) file(kms bool) string {
	var b strings.Builder
	if r.IntN(40) == 0 {
		// YAML in braces is no JSON, and JSON is.
		return r.pick("{apiVersion: apiserver.config.k8s.io/v1, kind: EncryptionConfiguration, resources: [{resources: [secrets], providers: [{identity: {}}]}]}",
			"# a comment\n{apiVersion: apiserver.config.k8s.io/v1, kind: EncryptionConfiguration, resources: [{resources: [secrets], providers: [{identity: {}}]}]}",
			" {\"apiVersion\": \"v1\", \"kind\": \"EncryptionConfig\", \"resources\": [{\"resources\": [\"secrets\"], \"providers\": [{\"identity\": {}}]}]}")
	}
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\n", r.often("apiserver.config.k8s.io/v1", "v1", "apiserver.config.k8s.io/v1beta1"), r.often("EncryptionConfiguration", "EncryptionConfig", "Pod"))
	if r.IntN(30) == 0 {
		b.WriteString(r.pick("metadata: {name: a}\n", "resource: []\n", "kind: EncryptionConfiguration\n", "resources: []\n"))
	}
	b.WriteString("resources:\n")
	for range 1 + r.IntN(3) {
		fmt.Fprintf(&b, "- %s: %s\n  providers: %s\n", r.often("resources", "resource"), r.list(3, r.resource), r.list(3, func() string { return r.provider(kms) }))
	}
	return b.String()
}

func read(t *testing.T, text string) (*encryption.Config, []encryption.Flaw) {
	t.Helper()
	src := []byte(text)
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		return encryption.Read(parsed.Root())
	}
	t.Fatal("no document")
	return nil, nil
}

func TestEncryptionWithoutKMS(t *testing.T) {
	path := filepath.Join(t.TempDir(), "encryption.yaml")
	taken := 0
	const rounds = 5000
	for seed := range uint64(rounds) {
		text := random{rand.New(rand.NewPCG(seed, 1))}.file(false)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := encryptionconfig.LoadEncryptionConfig(t.Context(), path, false, "")
		_, flaws := read(t, text)
		if (err == nil) != (len(flaws) == 0) {
			t.Fatalf("seed %d: the API server says %v, we say %v of\n%s", seed, err, flaws, text)
		}
		if err == nil {
			taken++
		}
	}
	if taken < rounds/20 || taken > rounds*19/20 {
		t.Errorf("%d of %d files are right, which compares too little", taken, rounds)
	}
	t.Logf("%d of %d files are right", taken, rounds)
}

// TestEncryptionWithKMS stops before the plugins are called, and so before it is seen that an entry masks another.
func TestEncryptionWithKMS(t *testing.T) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{apiserver.AddToScheme, apiserverv1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder()
	taken := 0
	const rounds = 5000
	for seed := range uint64(rounds) {
		r := random{rand.New(rand.NewPCG(seed, 2))}
		text, reload := r.file(true), r.IntN(2) == 0
		object, _, err := decoder.Decode([]byte(text), nil, nil)
		if err == nil {
			err = validation.ValidateEncryptionConfiguration(object.(*apiserver.EncryptionConfiguration), reload).ToAggregate()
		}
		_, flaws := read(t, text)
		refused := false
		for _, f := range flaws {
			refused = refused || (reload || !f.ReloadOnly) && !strings.HasPrefix(f.Problem, "has no effect")
		}
		if (err != nil) != refused {
			t.Fatalf("seed %d, reload %v: the API server says %v, we say %v of\n%s", seed, reload, err, flaws, text)
		}
		if err == nil {
			taken++
		}
	}
	if taken < rounds/20 || taken > rounds*19/20 {
		t.Errorf("%d of %d files are right, which compares too little", taken, rounds)
	}
	t.Logf("%d of %d files are right", taken, rounds)
}
