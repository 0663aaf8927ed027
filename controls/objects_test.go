package controls_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/controls/fixture"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/report"
)

// TestJudgementOfObjects has what the laws cannot derive for whole objects. Wanted are the lines "path problem".
func TestJudgementOfObjects(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\n"
	for _, c := range []struct {
		name, control, object string
		want                  []string
	}{
		{"probes of a job", "liveness-probe-missing", "apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {containers: [{name: a}]}}}", nil},
		{"probes of a custom job", "readiness-probe-missing", "apiVersion: kubeflow.org/v1\nkind: PyTorchJob\nspec: {x: {template: {spec: {containers: [{name: a}]}}}}", nil},
		{"probes of a pod that ends", "liveness-probe-missing", pod + "spec: {restartPolicy: Never, containers: [{name: a}]}", nil},
		{
			"probes of init containers and sidecars", "liveness-probe-missing",
			pod + "spec: {initContainers: [{name: i}, {name: s, restartPolicy: Always}], containers: [{name: a, livenessProbe: {exec: {}}}], ephemeralContainers: [{name: e}]}",
			[]string{"spec.initContainers[1].livenessProbe is missing"},
		},
		{
			"equal probes with defaults written out", "probes-identical",
			pod + "spec: {containers: [{name: a, livenessProbe: {tcpSocket: {port: 1}, periodSeconds: 10, failureThreshold: 3}, readinessProbe: {tcpSocket: {port: 1}}}]}",
			[]string{"spec.containers[0].livenessProbe checks the same as readinessProbe and is no more patient"},
		},
		{"a port as text and as number", "probes-identical", pod + "spec: {containers: [{name: a, livenessProbe: {tcpSocket: {port: 1}}, readinessProbe: {tcpSocket: {port: '1'}}}]}", nil},

		{
			"a read-only mount by another name", "host-path-writable",
			pod + "spec: {volumes: [{name: h, hostPath: {path: /x}}], containers: [{name: a, volumeMounts: [{name: h, readOnly: true}, {name: h, readOnly: false}, {name: i}]}]}",
			[]string{"spec.containers[0].volumeMounts[1].readOnly is false, so host path /x is writable"},
		},
		{
			"a boolean as text", "host-path-writable",
			pod + "spec: {volumes: [{name: h, hostPath: {path: /x}}], containers: [{name: a, volumeMounts: [{name: h, readOnly: 'true'}]}]}",
			[]string{`spec.containers[0].volumeMounts[0].readOnly is the text "true", not a boolean`},
		},
		{"a CronJob that is not known", "cron-job-inventory", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: miner, namespace: shop}", []string{"metadata.name is not listed as known"}},
		{"lower ports for everybody", "privileged-container-port", pod + "spec: {securityContext: {sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: '80'}]}, containers: [{name: a, ports: [{containerPort: 80}]}]}", nil},

		{"no namespace", "default-namespace-used", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}", nil},
		{"the namespace default", "default-namespace-used", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}", []string{"metadata.namespace is default"}},
		{"a Role without a namespace", "default-namespace-used", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a}", []string{"metadata.namespace is missing, so the object lands in the namespace default unless whoever applies it says otherwise"}},
		{"the API server's Service", "default-namespace-used", "apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes, namespace: default, labels: {component: apiserver}}", nil},
		{"a part of the system", "system-namespace-used", "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: csi, namespace: kube-system}\nspec: {template: {spec: {priorityClassName: system-node-critical, tolerations: [{operator: Exists}], containers: []}}}", nil},
		{"the class alone", "system-namespace-used", "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: redis, namespace: kube-system}\nspec: {template: {spec: {priorityClassName: system-node-critical, containers: []}}}", []string{"metadata.namespace is kube-system, which is for the system"}},
		{"a job of a CronJob", "direct-job-not-allowed", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a, ownerReferences: [{kind: CronJob, name: a, controller: true}]}", nil},

		{
			"several credentials in a file are told once", "secret-in-config-map",
			"apiVersion: v1\nkind: ConfigMap\ndata:\n  a.ini: |\n    user=x\n    password=hunter2\n    token=ghp_q7Rk2Lz9Xw4Tn8Vb3Mc6Hd1Yf5Jg0PsKeUaWiO4r\n  b: fine\n",
			[]string{"data[\"a.ini\"] holds a password in line 2 of the text"},
		},
		{"what only looks like one", "secret-in-config-map", "apiVersion: v1\nkind: ConfigMap\ndata:\n  tokenReview: enabled\n  passwordField: pw\n  nginx.conf: |\n    proxy_set_header Authorization $auth;\n    auth_basic_user_file /etc/htpasswd;\n", nil},
		{
			"a mode in octal and in decimal", "secret-file-mode-too-open",
			pod + "spec: {volumes: [{name: a, secret: {secretName: a, defaultMode: 0400}}, {name: b, secret: {secretName: b, defaultMode: 256}}, {name: c, secret: {secretName: c, defaultMode: 420}}]}",
			[]string{"spec.volumes[2].secret.defaultMode is 0644, which lets others read"},
		},
		{
			"a mode as text", "secret-file-mode-too-open", pod + "spec: {volumes: [{name: a, secret: {secretName: a, defaultMode: '0400'}}]}",
			[]string{`spec.volumes[0].secret.defaultMode is the text "0400", not a number`},
		},
		{"modes on Windows", "secret-file-mode-too-open", pod + "spec: {os: {name: windows}, volumes: [{name: a, secret: {secretName: a}}]}", nil},
		{"a release of Helm", "secret-manifest-in-repository", "apiVersion: v1\nkind: Secret\ntype: helm.sh/release.v1\ndata: {release: SDRzSUFBQUFBQUFDLytSOWVYUGJPUDQ=}", nil},
		{"a whole file of SOPS", "secret-manifest-in-repository", "apiVersion: v1\nkind: Secret\nstringData: {password: hunter2}\nsops: {version: 3.9.0}", nil},
		{"only a user", "secret-manifest-in-repository", "apiVersion: v1\nkind: Secret\ndata: {username: YWRtaW4xMjM=, namespace: c2hvcA==}", nil},
		{"base64 over several lines", "secret-manifest-in-repository", "apiVersion: v1\nkind: Secret\ndata:\n  password: |\n    aHVudGVy\n    Mg==\n", []string{"data.password holds a password"}},
		{"a value that is no base64", "secret-manifest-in-repository", "apiVersion: v1\nkind: Secret\ndata: {password: 'hunter-2!'}", []string{"data.password holds a password"}},
	} {
		t.Run(c.name, func(t *testing.T) { wantViolations(t, c.control, c.object, c.want) })
	}
}

// wantViolations judges an object by one control.
func wantViolations(t *testing.T, id, text string, want []string) {
	t.Helper()
	var data fixture.Map
	if err := yaml.Unmarshal([]byte(text), &data); err != nil {
		t.Fatal(err)
	}
	p := parse(t, data)
	var got []string
	for _, j := range p.judge(controls.Find(id)[0], control.LatestMinor) {
		if j.holds() {
			continue
		}
		seen := map[string]bool{}
		for _, v := range j.explain() {
			if path := j.path(&v); !seen[path] {
				seen[path] = true
				got = append(got, path+" "+v.Problem)
			}
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTLSSecrets(t *testing.T) {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	strong, other := newKey(t), newKey(t)
	template := func(until time.Time) *x509.Certificate {
		return &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: until}
	}
	sign := func(until time.Time, public, private any) string {
		der, err := x509.CreateCertificate(rand.Reader, template(until), template(until), public, private)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	keyText := func(key *ecdsa.PrivateKey) string {
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		// openssl writes the parameters in front.
		return string(pem.EncodeToMemory(&pem.Block{Type: "EC PARAMETERS", Bytes: []byte{6}})) + string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	}
	later := now.AddDate(1, 0, 0)
	good := sign(later, &strong.PublicKey, strong)
	for _, c := range []struct{ name, crt, key, want string }{
		{"good", good, keyText(strong), ""},
		{"without its key", good, "", ""},
		{"key of another", good, keyText(other), `data["tls.key"] is not the key of the certificate in tls.crt`},
		{"key that cannot be read", good, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n", ""},
		{"expired", sign(now.AddDate(0, 0, -1), &strong.PublicKey, strong), "", `data["tls.crt"] expired on 2025-12-31`},
		{"expires soon", sign(now.AddDate(0, 0, 13), &strong.PublicKey, strong), "", `data["tls.crt"] expires on 2026-01-14`},
		{"expires later", sign(now.AddDate(0, 0, 15), &strong.PublicKey, strong), "", ""},
		{"weak key", sign(later, &weak.PublicKey, weak), "", `data["tls.crt"] has an RSA key of 1024 bits, below 2048`},
		{"broken", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "", `data["tls.crt"] is no certificate that can be read`},
		{"placeholder", "<certificate>", "<key>", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			wantViolations(t, "tls-secret-expired-or-weak", "apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\ndata: {tls.crt: '"+encode(c.crt)+"', tls.key: '"+encode(c.key)+"'}", want)
		})
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestDefaultServiceAccount: the account that pods get without asking must not hand out its token.
func TestDefaultServiceAccount(t *testing.T) {
	for text, want := range map[string]string{
		"{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}}":                                      "automountServiceAccountToken is missing",
		"{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}, automountServiceAccountToken: true}":  "automountServiceAccountToken is true",
		"{apiVersion: v1, kind: ServiceAccount, metadata: {name: default}, automountServiceAccountToken: false}": "",
		"{apiVersion: v1, kind: ServiceAccount, metadata: {name: app}}":                                          "",
	} {
		var got []string
		opts := &engine.Options{Controls: controls.Find("service-account-token-automounted"), Version: control.LatestMinor}
		_, err := engine.Scan(t.Context(), func(yield func(engine.Input) bool) {
			yield(engine.Input{Path: "a.yaml", Read: func() ([]byte, error) { return []byte(text), nil }})
		}, opts, func(f *report.File) error {
			for _, f := range f.Findings {
				got = append(got, f.Message)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s: got %q, want %q", text, s, want)
		}
	}
}
