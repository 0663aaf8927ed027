package encryption

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
)

// source is a random source that gives the same bytes each time.
func source() *rand.ChaCha8 { return rand.NewChaCha8([32]byte{1}) }

func TestGenerate(t *testing.T) {
	for _, o := range []Options{
		{Provider: Secretbox},
		{Provider: AESGCM},
		{Provider: AESCBC, Resources: []string{"secrets", "configmaps", "pandas.example.com"}},
		{Provider: Secretbox, Resources: []string{"*.*"}},
		{Provider: Secretbox, Resources: []string{"*."}},
		{Provider: KMSv2, Endpoint: "unix:///run/kms.sock"},
		{Provider: KMSv2, Endpoint: "unix:///run/kms.sock", Name: "Vault 1"},
	} {
		o.Random = source()
		out, err := Generate(o)
		if err != nil {
			t.Errorf("%+v: %v", o, err)
			continue
		}
		config, flaws := read(t, string(out))
		if len(flaws) > 0 {
			t.Errorf("%+v: %v", o, flaws)
		}
		d := config.For("", "secrets")
		if d.Sort() != o.Provider || !d.ReadsPlain() || !d.Encrypts() {
			t.Errorf("%+v: Secrets are written by %s", o, d.Sort())
		}
		if w := d.Writer(); o.Provider.Local() && (len(w.Keys) != 1 || w.Keys[0].Size != 32 || w.Keys[0].Weak != "") {
			t.Errorf("%+v: keys %+v", o, w.Keys)
		}
		for _, step := range o.Steps("f.yaml") {
			if strings.Contains(step, "secret: ") {
				t.Errorf("a step holds a key: %s", step)
			}
		}
	}
	one, _ := Generate(Options{Provider: Secretbox, Random: source()})
	other, _ := Generate(Options{Provider: Secretbox, Random: rand.NewChaCha8([32]byte{2})})
	if bytes.Equal(one, other) {
		t.Error("the key does not come from the random source")
	}
}

func TestGenerateRefuses(t *testing.T) {
	for name, o := range map[string]Options{
		"no random source":   {Provider: Secretbox},
		"zeros":              {Provider: Secretbox, Random: bytes.NewReader(make([]byte, 64))},
		"too few bytes":      {Provider: Secretbox, Random: strings.NewReader("short")},
		"identity":           {Provider: Identity, Random: source()},
		"kms v1":             {Provider: KMSv1, Endpoint: "unix:///a"},
		"no endpoint":        {Provider: KMSv2},
		"http":               {Provider: KMSv2, Endpoint: "http://a"},
		"overlap":            {Provider: Secretbox, Random: source(), Resources: []string{"secrets", "*."}},
		"capital letters":    {Provider: Secretbox, Random: source(), Resources: []string{"Secrets"}},
		"a text with breaks": {Provider: KMSv2, Endpoint: "unix:///a", Name: "a:\nb"},
	} {
		if out, err := Generate(o); err == nil {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestRotate(t *testing.T) {
	const head = "# ours\napiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
	for _, c := range []struct {
		name, text, want string // want: the inserted text, NEW being the key
		rewritten        bool
	}{
		{
			"block", head + "resources:\n- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: key1 # old\n        secret: KEY # from 2024\n  - identity: {}\n",
			"\n      - name: key2\n        secret: NEW", false,
		},
		{"the last line", head + "resources:\n- resources: [secrets]\n  providers:\n  - secretbox:\n      keys:\n        - secret: KEY\n          name: a", "\n        - name: key2\n          secret: NEW", false},
		{
			"windows", strings.ReplaceAll(head+"resources:\n- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: key7\n        secret: KEY\n  - identity: {}\n", "\n", "\r\n"),
			"\r\n      - name: key8\r\n        secret: NEW", false,
		},
		{"flow", head + "resources: [{resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: KEY}]}}]}]\n", `, {"name": "key2", "secret": "NEW"}`, false},
		{"json", `{"apiVersion": "v1", "kind": "EncryptionConfig", "resources": [{"resources": ["secrets"], "providers": [{"aescbc": {"keys": [{"name": "a", "secret": "KEY"}]}}]}]}`, `, {"name": "key2", "secret": "NEW"}`, false},
		{"a block scalar", head + "resources:\n- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: a\n        secret: |-\n          KEY\n  - identity: {}\n", "\n      - name: key2\n        secret: NEW", false},
		{"two keys", head + "resources:\n- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - {name: key2, secret: KEY}\n      - {name: key1, secret: KEY}\n", "\n      - name: key3\n        secret: NEW", false},
		{
			"an anchored provider", head + "resources:\n- resources: [secrets]\n  providers: &p\n  - aescbc:\n      keys:\n      - name: a\n        secret: KEY\n- resources: [configmaps]\n  providers: *p\n",
			"", true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.ReplaceAll(c.text, "KEY", random)
			r, err := Rotate([]byte(text), source())
			if err != nil {
				t.Fatal(err)
			}
			before, _ := read(t, text)
			after, flaws := read(t, string(r.YAML))
			if len(flaws) > 0 {
				t.Fatalf("%v\n%s", flaws, r.YAML)
			}
			for i := range before.Entries {
				old, now := before.Entries[i].Providers[0].Keys, after.Entries[i].Providers[0].Keys
				if len(now) != len(old)+1 || now[0].Name != old[0].Name || now[1].Size != 32 || now[1].Weak != "" {
					t.Errorf("keys were %+v and are %+v", old, now)
				}
			}
			if r.Rewritten != c.rewritten {
				t.Errorf("rewritten: %v\n%s", r.Rewritten, r.YAML)
			}
			if c.rewritten {
				return
			}
			secret := after.Entries[0].Providers[0].Keys[1].At.Get("secret").Text()
			if got := strings.Replace(string(r.YAML), strings.ReplaceAll(c.want, "NEW", secret), "", 1); got != text {
				t.Errorf("more than the key has changed:\n%s", r.YAML)
			}
		})
	}
}

func TestRotateRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"empty":      "",
		"broken":     "a: [",
		"no config":  "kind: Pod\napiVersion: v1\n",
		"flaws":      file("- {resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: x}]}}]}"),
		"two files":  file("- {resources: [secrets], BOX}\n---\na: b\n"),
		"only kms":   file("- {resources: [secrets], providers: [{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}}]}"),
		"not active": file("- {resources: [secrets], providers: [{identity: {}}, {secretbox: {keys: [{name: a, secret: KEY}]}}]}"),
	} {
		r, err := Rotate([]byte(text), source())
		if err == nil {
			t.Errorf("%s: %s", name, r.YAML)
			continue
		}
		if strings.Contains(err.Error(), random) {
			t.Errorf("%s: the error tells a key: %v", name, err)
		}
		if (name == "only kms" || name == "not active") && !errors.Is(err, ErrNoLocalKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
