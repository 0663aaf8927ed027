package generate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

const plainSecrets = `# values that must not get out: hunter2
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
  labels: {app: web, "odd/key": "yes"}
  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{"data":{"password":"aHVudGVyMg=="}}'}
type: kubernetes.io/basic-auth
immutable: true
data:
  password: aHVudGVyMg==
stringData:
  username: hunter2
  password: hunter2
---
{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "tls"}, "type": "kubernetes.io/tls", "data": {"tls.key": "aHVudGVyMg==", "tls.crt": "aHVudGVyMg=="}},
  {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"a": "hunter2"}},
  {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "sh.helm.release.v1.web.v1"}, "type": "helm.sh/release.v1", "data": {"release": "aHVudGVyMg=="}},
  {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "empty"}},
  {"apiVersion": "example.com/v1", "kind": "Secret", "metadata": {"name": "other"}, "data": {"a": "hunter2"}}
]}
`

func TestExternalSecrets(t *testing.T) {
	r, err := ExternalSecrets([]byte(plainSecrets), ExternalSecretOptions{Store: "vault", StoreKind: ClusterSecretStore, RemotePath: "secret/data/{namespace}/{name}"})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := r.WriteYAML(&out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	for _, value := range []string{"hunter2", "aHVudGVyMg"} {
		if strings.Contains(text, value) || strings.Contains(fmt.Sprintf("%+v", r), value) {
			t.Errorf("%q got out", value)
		}
	}
	var got []string
	for document := range strings.SplitSeq(text, "\n---\n") {
		var d struct {
			APIVersion, Kind string
			Metadata         struct{ Name, Namespace string }
			Spec             struct {
				RefreshInterval string
				SecretStoreRef  struct{ Kind, Name string }
				Target          struct {
					Name     string
					Template struct {
						Type     string
						Metadata struct{ Labels map[string]string }
					}
				}
				Data []struct {
					SecretKey string
					RemoteRef struct{ Key, Property string }
				}
			}
		}
		if err := yaml.Unmarshal([]byte(document), &d); err != nil {
			t.Fatalf("%v\n%s", err, document)
		}
		got = append(got, fmt.Sprint(d))
	}
	want := []string{
		"{external-secrets.io/v1 ExternalSecret {db shop} {1h {ClusterSecretStore vault} {db {kubernetes.io/basic-auth {map[app:web odd/key:yes]}}} [{password {secret/data/shop/db password}} {username {secret/data/shop/db username}}]}}",
		"{external-secrets.io/v1 ExternalSecret {tls } {1h {ClusterSecretStore vault} {tls {kubernetes.io/tls {map[]}}} [{tls.crt {secret/data/tls tls.crt}} {tls.key {secret/data/tls tls.key}}]}}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if len(r.Skipped) != 2 || !strings.Contains(text, "# Left out: Secret sh.helm.release.v1.web.v1 is a release") || !strings.Contains(text, "Left out: Secret empty has no keys") {
		t.Errorf("left out: %v", r.Skipped)
	}
}

func TestExternalSecretsRefuses(t *testing.T) {
	vault := ExternalSecretOptions{Store: "vault"}
	for _, c := range []struct {
		src  string
		o    ExternalSecretOptions
		want error
	}{
		{plainSecrets, ExternalSecretOptions{Store: "vault", StoreKind: "Vault"}, ErrStoreKind},
		{plainSecrets, ExternalSecretOptions{Store: "a b"}, ErrStoreName},
		{plainSecrets, ExternalSecretOptions{}, ErrStoreName},
		{plainSecrets, ExternalSecretOptions{Store: "vault", RemotePath: "{nmae}"}, ErrRemotePath},
		{"{apiVersion: v1, kind: Secret, data: {a: aHVudGVyMg==}}", vault, ErrSecretName},
		{"{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}", vault, ErrNoSecret},
		{"", vault, ErrNoSecret},
	} {
		if _, err := ExternalSecrets([]byte(c.src), c.o); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.o, err, c.want)
		}
	}
	if _, err := ExternalSecrets([]byte("a: 1\n---\npassword: \"hunter2\n"), vault); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "line 2 ") {
		t.Errorf("broken: %v", err)
	}
}

// FuzzExternalSecrets: whatever is read, what is written is YAML with as many documents as there are secrets.
func FuzzExternalSecrets(f *testing.F) {
	f.Add([]byte(plainSecrets))
	f.Add([]byte("{apiVersion: v1, kind: Secret, metadata: {name: \"a\\n---\\nb\", labels: {? {} : x}}, data: {\"\\u0007: #\": x}}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := ExternalSecrets(src, ExternalSecretOptions{Store: "vault"})
		if err != nil {
			return
		}
		var out strings.Builder
		if err := r.WriteYAML(&out); err != nil {
			t.Fatal(err)
		}
		n := 0
		for document := range strings.SplitSeq(out.String(), "\n---\n") {
			var d struct{ Kind string }
			if err := yaml.Unmarshal([]byte(document), &d); err != nil {
				t.Fatalf("%v\n%s", err, document)
			}
			if d.Kind == "ExternalSecret" {
				n++
			}
		}
		if n != len(r.Secrets) {
			t.Fatalf("%d documents of %d secrets:\n%s", n, len(r.Secrets), out.String())
		}
	})
}
