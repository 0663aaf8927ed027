package components_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/test/cluster"
)

// configCase is bad configuration files of the API server, with what it does then.
type configCase struct {
	name  string
	fails []string // the controls
	// flags name files, and files are them.
	flags cluster.Flags
	files map[string]string
	// refused says that the API server does not start, and how it says so; deaf that it does not become ready.
	refused, deaf string
	// passes are controls that find nothing wrong with these files, other than with those of the base.
	passes []string
	// seen is what is so then.
	seen func(t *testing.T, c *controlPlane)
}

const (
	authenticationFile = "/etc/kubernetes/authentication/config.yaml"
	encryptionFile     = "/etc/kubernetes/encryption/config.yaml"
	authorizationFile  = "/etc/kubernetes/authorization/config.yaml"
	admissionFile      = "/etc/kubernetes/admission/config.yaml"

	authentication = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
	authorization  = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n"
	encryption     = "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n"
	health         = "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}, {path: /healthz}]}\n"

	// A key like a random one, which only the tests have.
	keyText = "A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q="
	keys    = "{keys: [{name: key1, secret: " + keyText + "}]}"
	// The provider of the cluster, which is able to read what is there; ConfigMaps go on with it.
	provider   = "{secretbox: {keys: [{name: key1, secret: CLUSTER-KEY}]}}"
	configMaps = "- {resources: [configmaps], providers: [" + provider + ", {identity: {}}]}\n"
)

func configCases() []configCase {
	structured := cluster.Flags{"authorization-mode": nothing, "authorization-config": authorizationFile}
	return []configCase{
		{
			name: "authentication", fails: []string{"apiserver-authentication-config-invalid"},
			files:   map[string]string{authenticationFile: authentication + "anonymous: {enabled: false, conditions: [{path: /livez}]}\n"},
			refused: `anonymous.conditions: Invalid value: .*enabled should be set to true when conditions are defined`,
		},
		{
			name: "authorization", fails: []string{"apiserver-authorization-config-invalid"}, flags: structured,
			files:   map[string]string{authorizationFile: authorization + "authorizers: [{type: Node, name: node}, {type: RBAC, name: rbac}, {type: RBAC, name: again}]\n"},
			refused: `authorizers\[2\].type: Duplicate value: .*RBAC`,
		},
		{
			name: "encryption", fails: []string{"encryption-config-invalid"},
			files:   map[string]string{encryptionFile: encryption + "- {resources: [secrets], providers: [{secretbox: {keys: [{name: key1, secret: A/j5CnrWGB83ylcPkuUhmw==}]}}]}\n"},
			refused: `secret is not of the expected length`,
		},
		{
			name: "admission", fails: []string{"apiserver-admission-config-invalid"},
			files: map[string]string{admissionFile: "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n" +
				"- {name: EventRateLimit, path: event-rate-limit.yaml}\n" +
				"- name: PodSecurity\n  configuration: {apiVersion: pod-security.admission.config.k8s.io/v1, kind: PodSecurityConfiguration, defaults: {enforce: strict}}\n"},
			refused: `enforce: must be one of privileged, baseline, restricted`,
		},
		{
			name: "KMS v1", fails: []string{"encryption-kms-v1-used"},
			files:   map[string]string{encryptionFile: encryption + "- {resources: [secrets], providers: [{secretbox: " + keys + "}, {kms: {apiVersion: v1, name: vault, endpoint: \"unix:///run/no-such.sock\"}}]}\n"},
			refused: `KMSv1 is deprecated`,
		},
		{
			name: "probes", fails: []string{"apiserver-probes-refused"}, flags: cluster.Flags{"authentication-config": nothing, "anonymous-auth": "false"},
			seen: func(t *testing.T, c *controlPlane) {
				t.Helper()
				if code, body := anonymous(t, c, "/livez"); code != http.StatusUnauthorized {
					t.Errorf("a probe of /livez: %d %.200s, want 401", code, body)
				}
			},
		},
		{
			// No plugin listens there.
			name: "KMS", passes: []string{"encryption-local-key-unmanaged"}, deaf: `kms-providers?`,
			files: map[string]string{encryptionFile: encryption + configMaps +
				"- {resources: [secrets], providers: [{kms: {apiVersion: v2, name: vault, timeout: 1s, endpoint: \"unix:///run/no-such.sock\"}}, {identity: {}}]}\n"},
		},
		{
			name: "open", fails: []string{"apiserver-anonymous-conditions-too-broad", "encryption-identity-provider-first", "encryption-provider-weak", "apiserver-structured-authorization-config-weak"},
			flags: structured,
			files: map[string]string{
				authenticationFile: authentication + "anonymous: {enabled: true, conditions: [{path: /livez}, {path: /readyz}, {path: /api}]}\n",
				encryptionFile:     encryption + configMaps + "- {resources: [secrets], providers: [{identity: {}}, " + provider + "]}\n",
				authorizationFile:  authorization + "authorizers: [{type: RBAC, name: rbac}]\n",
			},
			seen: func(t *testing.T, c *controlPlane) {
				if code, body := anonymous(t, c, "/api"); code != http.StatusForbidden || !strings.Contains(body, "system:anonymous") {
					t.Errorf("anonymous /api: %d %.200s, want 403 and who asks", code, body)
				}
				if code, _ := anonymous(t, c, "/version"); code != http.StatusUnauthorized {
					t.Errorf("anonymous /version: %d, want 401", code)
				}
				if got := stored(t, c, "open"); !bytes.Contains(got, []byte("in-clear")) {
					t.Errorf("the Secret in etcd: %.60q, want it in clear", got)
				}
			},
		},
		{
			name: "weak", fails: []string{"apiserver-jwt-authenticator-weak", "encryption-provider-weak"}, flags: structured,
			passes: []string{"apiserver-authorization-config-invalid", "apiserver-structured-authorization-config-weak"},
			files: map[string]string{
				authorizationFile: authorization + "authorizers: [{type: Node, name: node}, {type: RBAC, name: rbac}]\n",
				authenticationFile: authentication + health + "jwt:\n- issuer: {url: \"https://idp.example.com\", audiences: [cluster]}\n" +
					"  claimMappings: {username: {claim: sub, prefix: \"\"}, groups: {claim: groups, prefix: \"oidc:\"}}\n",
				encryptionFile: encryption + configMaps + "- {resources: [secrets], providers: [{aesgcm: " + keys + "}, " + provider + ", {identity: {}}]}\n",
			},
			seen: func(t *testing.T, c *controlPlane) {
				if got := stored(t, c, "weak"); !bytes.HasPrefix(got, []byte("k8s:enc:aesgcm:v1:key1:")) {
					t.Errorf("the Secret in etcd: %.60q, want it encrypted by aesgcm", got)
				}
			},
		},
		{
			name: "incomplete", fails: []string{"encryption-resources-incomplete"},
			files: map[string]string{encryptionFile: encryption + configMaps + "- {resources: [secret], providers: [" + provider + "]}\n"},
			seen: func(t *testing.T, c *controlPlane) {
				if got := stored(t, c, "incomplete"); !bytes.Contains(got, []byte("in-clear")) {
					t.Errorf("the Secret in etcd: %.60q, want it in clear", got)
				}
			},
		},
	}
}

// stored makes a Secret, for a moment, and returns what etcd has of it.
func stored(t *testing.T, c *controlPlane, name string) []byte {
	t.Helper()
	c.Apply(t, "apiVersion: v1\nkind: Secret\nmetadata: {namespace: default, name: "+name+"}\nstringData: {k: in-clear}\n")
	defer c.Delete(t, "/api/v1/namespaces/default/secrets/"+name) // with other keys nobody could read it
	return c.EtcdValue(t, "/registry/secrets/default/"+name)
}

// anonymous asks the API server without saying who asks.
func anonymous(t *testing.T, c *controlPlane, path string) (status int, body string) {
	t.Helper()
	return unknown(t, c.URL()+path)
}

// unknown asks without a certificate and believes any.
func unknown(t *testing.T, url string) (status int, body string) {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// asHardened holds what is so of the API server as it is.
func asHardened(t *testing.T, c *controlPlane) {
	t.Helper()
	if code, body := anonymous(t, c, "/livez"); code != http.StatusOK {
		t.Errorf("anonymous /livez: %d %.200s, want 200", code, body)
	}
	for _, path := range []string{"/api", "/version"} {
		if code, body := anonymous(t, c, path); code != http.StatusUnauthorized {
			t.Errorf("anonymous %s: %d %.200s, want 401", path, code, body)
		}
	}
	if got := stored(t, c, "hardened"); !bytes.HasPrefix(got, []byte("k8s:enc:secretbox:v1:key1:")) || bytes.Contains(got, []byte("in-clear")) {
		t.Errorf("the Secret in etcd: %.60q, want it encrypted", got)
	}
}

// testConfigs gives the API server bad files. Where it does not start there is no process to look at, and what its pod is probed for the processes
// of the bed do not tell: then its files are judged.
func (c *controlPlane) testConfigs(t *testing.T, base cluster.Flags) {
	t.Helper()
	knownFiles := judgedFiles(t, c.Path("etc")).failing()
	text, err := os.ReadFile(c.Path(encryptionFile))
	if err != nil {
		t.Fatal(err)
	}
	key := regexp.MustCompile(`secret: (\S+)`).FindSubmatch(text)
	if key == nil {
		t.Fatalf("%s has no key", encryptionFile)
	}
	for _, k := range configCases() {
		c.Kill(t, cluster.APIServer)
		var undo []func()
		for file, text := range k.files {
			undo = append(undo, written(t, c.Path(file), strings.ReplaceAll(text, "CLUSTER-KEY", string(key[1])), 0o600))
		}
		changes := undoFlags(base, c.Flags(cluster.APIServer), k.flags)
		limit := time.Minute
		if k.deaf != "" {
			limit = 4 * time.Second
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		err := c.Try(ctx, cluster.APIServer, changes)
		cancel()
		switch {
		case k.deaf != "" && err == nil:
			t.Errorf("%s: the API server answers as if nothing were", k.name)
		case k.refused != "" && (err == nil || !regexp.MustCompile(k.refused).MatchString(err.Error())):
			t.Errorf("%s: %v\nwant %s", k.name, err, k.refused)
		case k.refused == "" && k.deaf == "" && err != nil:
			t.Errorf("%s: %v", k.name, err)
		default:
			if k.deaf != "" {
				c.saysWhy(t, k.name, err, k.deaf)
			}
			v, known := (*verdict)(nil), c.known
			if k.refused != "" || k.files == nil {
				v, known = judgedFiles(t, c.Path("etc")), knownFiles
			} else {
				v = c.look(t)
			}
			for _, id := range k.passes {
				if !v.passed(id) {
					t.Errorf("%s: %s does not pass: %+v", k.name, id, v.findings[id])
				}
			}
			if len(k.passes) > 0 {
				c.s.passesIn(v)
			}
			judge(t, c.s, v, known, &badCase{controls: k.fails, args: k.name})
			if k.seen != nil {
				k.seen(t, c)
			}
		}
		for _, u := range undo {
			u()
		}
	}
	if err := c.start(t, cluster.APIServer, base); err != nil {
		t.Fatal(err)
	}
}
