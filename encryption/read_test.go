package encryption

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/tree"
)

// random is a key that no test finds weak.
var random = base64.StdEncoding.EncodeToString([]byte("\x03\xf8\xf9\x0a\x7a\xd6\x18\x1f\x37\xca\x57\x0f\x92\xe5\x21\x9b\xfe\x93\x4b\x2a\xd0\xb6\xc3\x49\xb4\x33\xf0\x3c\x73\x4e\x8f\x84"))

// read reads the only document of a text; an empty one is an empty mapping's absence.
func read(t testing.TB, text string) (*Config, []Flaw) {
	t.Helper()
	src := []byte(text)
	for doc := range tree.Split(src) {
		parsed, err := tree.NewParser().Parse(src, doc)
		if err != nil {
			t.Fatalf("parsing: %v\n%s", err, text)
		}
		return Read(parsed.Root())
	}
	return Read(tree.Node{})
}

// file is a configuration with the given resources.
func file(resources string) string {
	text := "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n" + resources
	return strings.NewReplacer("KEY", random, "BOX", "providers: [{secretbox: {keys: [{name: k, secret: "+random+"}]}}]").Replace(text)
}

func flawTexts(flaws []Flaw) string {
	var texts []string
	for _, f := range flaws {
		text := f.String()
		if f.ReloadOnly {
			text += " (reload)"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "\n")
}

func TestFlaws(t *testing.T) {
	for _, c := range []struct{ name, resources, want string }{
		{"good", "- {resources: [secrets], BOX}", ""},
		{"nothing", "", "resources needs at least one entry"},
		{"empty lists", "- {resources: [], providers: []}", "resources[0].resources needs at least one resource\nresources[0].providers needs at least one provider"},
		{"null entry", "- ", "resources[0].resources needs at least one resource\nresources[0].providers needs at least one provider"},
		{"null identity", "- resources: [secrets]\n  providers:\n  - identity:\n", "resources[0].providers[0].identity is null, which is no provider; write identity: {}"},
		{"no provider", "- {resources: [secrets], providers: [{}]}", "resources[0].providers[0] has no provider of kms, aesgcm, aescbc, secretbox, identity"},
		{"two providers", "- {resources: [secrets], providers: [{identity: {}, aescbc: {keys: [{name: a, secret: KEY}]}}]}", "resources[0].providers[0] has 2 providers; each has to be an item of its own"},
		{"misspelled", "- {resources: [secrets], provider: [{identity: {}}]}", "resources[0].providers needs at least one provider\nresources[0].provider is no field; it is called providers"},
		{"cacheSize", "- {resources: [secrets], providers: [{kms: {name: a, endpoint: 'unix:///a', cacheSize: 3}}]}", "resources[0].providers[0].kms.cacheSize is no field; it is called cachesize"},
		{"metadata", "- {resources: [secrets], BOX}\nmetadata: {}", "metadata is no field"},
		{"twice", "- {resources: [secrets], BOX, resources: [secrets]}", "resources[0].resources is there twice"},
		{"number as key", "- {resources: [secrets], providers: [{aescbc: {keys: [{name: 1, secret: 12345678}]}}]}", "resources[0].providers[0].aescbc.keys[0].name is a number and has to be a string; put it in quotes\nresources[0].providers[0].aescbc.keys[0].name is missing\nresources[0].providers[0].aescbc.keys[0].secret is a number and has to be a string; put it in quotes\nresources[0].providers[0].aescbc.keys[0].secret is missing"},
		{"no keys", "- {resources: [secrets], providers: [{aesgcm: {}}]}", "resources[0].providers[0].aesgcm.keys needs at least one key"},
		{"placeholder", "- {resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: <base64-encoded-key>}]}}]}", "resources[0].providers[0].aescbc.keys[0].secret is a placeholder, not a key"},
		{"not base64", "- {resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: hunter-2}]}}]}", "resources[0].providers[0].aescbc.keys[0].secret is not encoded in base64"},
		{"16 bytes secretbox", "- {resources: [secrets], providers: [{secretbox: {keys: [{name: a, secret: AAAAAAAAAAAAAAAAAAAAAA==}]}}]}", "resources[0].providers[0].secretbox.keys[0].secret is a key of 16 bytes; secretbox takes 32 bytes"},
		{"16 bytes aesgcm", "- {resources: [secrets], providers: [{aesgcm: {keys: [{name: a, secret: AAAAAAAAAAAAAAAAAAAAAA==}]}}]}", ""},
		{"17 bytes aescbc", "- {resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: AAAAAAAAAAAAAAAAAAAAAAA=}]}}]}", "resources[0].providers[0].aescbc.keys[0].secret is a key of 17 bytes; aescbc takes 16, 24 or 32 bytes"},
		{"v2", "- {resources: [secrets], providers: [{kms: {apiVersion: v2, name: 'a:b', endpoint: 'http://x', timeout: 0s, cachesize: 1}}]}", "resources[0].providers[0].kms.name must not contain a colon\nresources[0].providers[0].kms.endpoint has to be a socket of this machine, unix:///…\nresources[0].providers[0].kms.timeout has to be more than 0\nresources[0].providers[0].kms.cachesize is not for KMS v2"},
		{"v1", "- {resources: [secrets], providers: [{kms: {name: 'a:b', endpoint: 'unix:///x', timeout: 1m, cachesize: -1}}]}", ""},
		{"v3", "- {resources: [secrets], providers: [{kms: {apiVersion: v3}}]}", "resources[0].providers[0].kms.name is missing\nresources[0].providers[0].kms.endpoint is missing\nresources[0].providers[0].kms.apiVersion has to be v1 or v2"},
		{"timeout", "- {resources: [secrets], providers: [{kms: {name: a, endpoint: 'unix:///x', timeout: soon, cachesize: 3000000000}}]}", "resources[0].providers[0].kms.timeout is no duration such as 30s\nresources[0].providers[0].kms.cachesize is a number and has to be a whole number of 32 bits"},
		{"same plugin v1", "- {resources: [secrets], providers: [{kms: {name: a, endpoint: 'unix:///x'}}, {kms: {name: a, endpoint: 'unix:///x'}}]}", "resources[0].providers[1].kms.name is the name of two KMS providers (reload)"},
		{"same plugin v2", "- {resources: [secrets], providers: [{kms: {name: a, endpoint: 'unix:///x'}}, {kms: {name: a, endpoint: 'unix:///x', apiVersion: v2}}]}", "resources[0].providers[1].kms.name is the name of two KMS providers"},
		{"names", "- {resources: [Secrets, apiserveripinfo, events.events.k8s.io, deployments.extensions, 'pods.*'], BOX}", "resources[0].resources[0] has capital letters; names of resources are written small\n" +
			"resources[0].resources[1] has no REST API and cannot be encrypted\nresources[0].resources[2] is stored in the core group; write events\n" +
			"resources[0].resources[3] is of the group extensions, which is gone\nresources[0].resources[4] names a resource in all groups, which is not possible"},
		{"star", "- {resources: ['*'], BOX}", "resources[0].resources[0] is not possible; write '*.' for the core group or '*.*' for all"},
		{"overlap core", "- {resources: [secrets, '*.'], BOX}", "resources[0].resources[0] overlaps with *. in the same list"},
		{"overlap all", "- {resources: ['*.*', deployments.apps], BOX}", "resources[0].resources[1] overlaps with *.* in the same list"},
		{"other group", "- {resources: ['*.', deployments.apps], BOX}", ""},
		{"same via dot", "- {resources: [secrets, secrets.], BOX}", "resources[0].resources[1] is in the list twice"},
		{"masked", "- {resources: ['*.'], BOX}\n- {resources: [secrets], BOX}", "resources[1].resources[0] has no effect: *. in resources[0] comes first"},
		{"masked by all", "- {resources: ['*.*'], BOX}\n- {resources: [secrets, '*.apps'], BOX}", "resources[1].resources[0] has no effect: *.* in resources[0] comes first\nresources[1].resources[1] has no effect: *.* in resources[0] comes first"},
		{"all twice", "- {resources: ['*.*'], BOX}\n- {resources: ['*.*'], BOX}", "resources[1].resources[0] has no effect: *.* in resources[0] comes first"},
		{"not masked", "- {resources: [secrets], BOX}\n- {resources: ['*.'], BOX}\n- {resources: ['*.*'], BOX}", ""},
		{"same in two entries", "- {resources: [secrets], BOX}\n- {resources: [secrets], BOX}", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, flaws := read(t, file(c.resources))
			got := flawTexts(flaws)
			if got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
			for _, f := range flaws {
				if strings.Contains(f.Problem, random) {
					t.Errorf("a key is told: %s", f)
				}
			}
		})
	}
}

func TestVersions(t *testing.T) {
	const rest = "\nresources: [{resources: [secrets], providers: [{identity: {}}]}]"
	for _, c := range []struct{ head, want string }{
		{"kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1", ""},
		{"kind: EncryptionConfig\napiVersion: v1", ""},
		{"kind: EncryptionConfiguration\napiVersion: v1", "apiVersion of an EncryptionConfiguration has to be apiserver.config.k8s.io/v1"},
		{"kind: EncryptionConfig\napiVersion: apiserver.config.k8s.io/v1", "apiVersion of an EncryptionConfig has to be v1"},
		{"kind: EncryptionConfiguration\napiVersion: apiserver.config.k8s.io/v1beta1", "apiVersion of an EncryptionConfiguration has to be apiserver.config.k8s.io/v1"},
		{"kind: EncryptionConfiguration", "apiVersion is missing and has to be apiserver.config.k8s.io/v1"},
		{"apiVersion: apiserver.config.k8s.io/v1", "kind is missing and has to be EncryptionConfiguration"},
		{"kind: Pod\napiVersion: v1", "kind has to be EncryptionConfiguration"},
	} {
		if _, flaws := read(t, c.head+rest); flawTexts(flaws) != c.want {
			t.Errorf("%s: got %q, want %q", c.head, flawTexts(flaws), c.want)
		}
	}
	const braces = "{kind: EncryptionConfig, apiVersion: v1, resources: [{resources: [secrets], providers: [{identity: {}}]}]}"
	for text, want := range map[string]string{
		braces: "the document begins with a brace and is no JSON, so it is not read as YAML either", "# YAML\n" + braces: "",
		`{"kind": "EncryptionConfig", "apiVersion": "v1", "resources": [{"resources": ["secrets"], "providers": [{"identity": {}}]}]}`: "",
	} {
		if _, flaws := read(t, text); flawTexts(flaws) != want {
			t.Errorf("%s: got %q, want %q", text, flawTexts(flaws), want)
		}
	}
	for _, text := range []string{"", "null", "[]", "text"} {
		if _, flaws := read(t, text); len(flaws) == 0 {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestFor(t *testing.T) {
	config, flaws := read(t, file(`
- {resources: [events], providers: [{identity: {}}]}
- {resources: [secrets, pandas.bears.example], providers: [{aescbc: {keys: [{name: a, secret: KEY}]}}, {identity: {}}]}
- {resources: ['*.apps'], providers: [{identity: {}}, {aesgcm: {keys: [{name: a, secret: KEY}]}}]}
- {resources: [secrets], providers: [{secretbox: {keys: [{name: a, secret: KEY}]}}]}
- {resources: ['*.*'], providers: [{kms: {apiVersion: v2, name: a, endpoint: 'unix:///a'}}]}
`))
	if len(flaws) > 0 {
		t.Fatal(flaws)
	}
	for _, c := range []struct {
		group, name string
		entry       int
		sort        Sort
		providers   int
		plain       bool
	}{
		{"", "secrets", 1, AESCBC, 3, true},
		{"", "events", 0, Identity, 1, true},
		{"", "configmaps", 4, KMSv2, 1, false},
		{"apps", "deployments", 2, Identity, 2, true},
		{"bears.example", "pandas", 1, AESCBC, 2, true},
		{"bears.example", "dens", 4, KMSv2, 1, false},
	} {
		d := config.For(c.group, c.name)
		if d.Entry != &config.Entries[c.entry] || d.Sort() != c.sort || len(d.Providers) != c.providers || d.ReadsPlain() != c.plain || d.Encrypts() != (c.sort != Identity) {
			t.Errorf("%s.%s: entry %v, %s, %d providers, plain %v", c.name, c.group, d.Entry.Path, d.Sort(), len(d.Providers), d.ReadsPlain())
		}
	}
	config, _ = read(t, file("- {resources: [secrets], BOX}\n- {resources: ['*.'], providers: [{identity: {}}]}"))
	if d := config.For("", "secrets"); d.Entry != &config.Entries[0] || !d.Encrypts() {
		t.Error("the resource itself comes before its group")
	}
	config, _ = read(t, file("- {resources: ['*.apps'], BOX}"))
	if d := config.For("", "secrets"); d.Entry != nil || d.Encrypts() || !d.ReadsPlain() || d.Writer() != nil {
		t.Errorf("what nobody names is written as it is, got %+v", d)
	}
}

func TestWeakKeys(t *testing.T) {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, c := range []struct {
		secret, want string
		placeholder  bool
	}{
		{random, "", false},
		{encode(strings.Repeat("\x00", 32)), "is one byte over and over, or bytes in a row", false},
		{encode("\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"), "is one byte over and over, or bytes in a row", false},
		{encode("\x81\x02\x03\x84\x81\x02\x03\x84\x81\x02\x03\x84\x81\x02\x03\x84"), "is a short text over and over", false},
		// Of the documentation of Kubernetes, and of many blogs.
		{"c2VjcmV0IGlzIHNlY3VyZQ==", "is text that somebody typed or copied, not random bytes", false},
		{"dGhpcyBpcyBwYXNzd29yZA==", "is text that somebody typed or copied, not random bytes", false},
		{"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=", "is text that somebody typed or copied, not random bytes", false},
		{"changeMechangeMechangeMechangeMechangeMech0=", "is a placeholder, not a key", true},
		{"[key]", "", true},
		{"<BASE 64 ENCODED SECRET>", "", true},
	} {
		config, _ := read(t, file("- {resources: [secrets], providers: [{aesgcm: {keys: [{name: a, secret: '"+c.secret+"'}]}}]}"))
		if k := config.Entries[0].Providers[0].Keys[0]; k.Weak != c.want || k.Placeholder != c.placeholder {
			t.Errorf("%s: %q, placeholder %v; want %q", c.secret, k.Weak, k.Placeholder, c.want)
		}
	}
}

// TestKeysElsewhere: a key that another tool puts in cannot be judged, and the API server does not take what stands for it.
func TestKeysElsewhere(t *testing.T) {
	for _, secret := range []string{"${ENCRYPTION_KEY}", "$KEY", "$(KEY)", "{{ .Values.key }}", "<path:secret/data/enc#key>", "ref+vault://enc#key", "vault:secret/data/enc#key", "ENC[AES256_GCM,data:YQ==]"} {
		config, flaws := read(t, file("- {resources: [secrets], providers: [{aesgcm: {keys: [{name: a, secret: '"+secret+"'}]}}]}"))
		if k := config.Entries[0].Providers[0].Keys[0]; !k.Elsewhere || k.Placeholder || k.Weak != "" || len(flaws) != 1 {
			t.Errorf("%s: %+v %v", secret, k, flaws)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(file("- {resources: [secrets, '*.apps'], BOX}\n- {resources: ['*.*'], providers: [{kms: {name: a}}, {identity: }]}")))
	f.Add([]byte("kind: EncryptionConfig\napiVersion: v1\nresources: [[], {}, {resources: {}, providers: [aescbc]}]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		parser := tree.NewParser()
		for doc := range tree.Split(src) {
			parsed, err := parser.Parse(src, doc)
			if err != nil {
				continue
			}
			config, flaws := Read(parsed.Root())
			for _, flaw := range flaws {
				if !parsed.Root().Contains(flaw.At) {
					t.Errorf("%s is nowhere in the document", flaw)
				}
				// A key that was read by an alias has the path of its anchor.
				if at, missing := parsed.Root().Find(flaw.Path); !parsed.Fallback() && len(missing) != len(flaw.Missing) {
					t.Errorf("%s: found %s, missing %v, want %v", flaw, parsed.Root().Path(at), missing, flaw.Missing)
				}
			}
			config.For("", "secrets")
		}
	})
}
