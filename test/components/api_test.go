package components_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/internal/cli"
	"github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/test/cluster"
)

// apiCase is what makes controls fail that look at the API of a running cluster.
type apiCase struct {
	name  string
	fails []string
	// objects are applied, and done besides. Paths are deleted afterwards.
	objects string
	done    func(t *testing.T, c *cluster.Cluster)
	paths   []string
	// later is how much later somebody looks.
	later time.Duration
	// partial is what cannot be looked at then.
	partial string
}

func apiCases(t *testing.T) []apiCase {
	t.Helper()
	const node = "/api/v1/nodes/control-plane"
	return []apiCase{
		{
			name: "old bootstrap token", fails: []string{"auth-bootstrap-tokens-for-users"}, later: 72 * time.Hour,
			objects: "apiVersion: v1\nkind: Secret\ntype: bootstrap.kubernetes.io/token\nmetadata: {name: bootstrap-token-abcdef, namespace: kube-system}\n" +
				"stringData: {token-id: abcdef, token-secret: 0123456789abcdef, usage-bootstrap-authentication: \"true\"}\n",
			paths: []string{"/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef"},
		},
		{
			name: "client certificate", fails: []string{"auth-client-certificates-for-users"},
			objects: "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: jane}\n" +
				"spec: {signerName: kubernetes.io/kube-apiserver-client, usages: [client auth], request: " + request(t, "jane") + "}\n",
			paths: []string{"/apis/certificates.k8s.io/v1/certificatesigningrequests/jane"},
		},
		{
			name: "client certificate of a component",
			objects: "apiVersion: certificates.k8s.io/v1\nkind: CertificateSigningRequest\nmetadata: {name: scheduler}\n" +
				"spec: {signerName: kubernetes.io/kube-apiserver-client, usages: [client auth], request: " + request(t, "system:kube-scheduler") + "}\n",
			paths: []string{"/apis/certificates.k8s.io/v1/certificatesigningrequests/scheduler"},
		},
		{
			name:    "token of a service account that nobody uses",
			objects: tokenOf("idle"),
			paths:   []string{"/api/v1/namespaces/default/secrets/idle-token", "/api/v1/namespaces/default/serviceaccounts/idle"},
		},
		{
			name: "token of a service account", fails: []string{"auth-service-account-tokens-for-users"},
			objects: tokenOf("ci"),
			done: func(t *testing.T, c *cluster.Cluster) {
				// The API server notes that the token was used.
				// https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/serviceaccount/legacy.go (Validate)
				const path = "/api/v1/namespaces/default/secrets/ci-token"
				eventually(t, func() error {
					data, _ := c.Get(t, path)["data"].(map[string]any)
					token, _ := data["token"].(string)
					text, err := base64.StdEncoding.DecodeString(token)
					if err != nil || len(text) == 0 {
						return fmt.Errorf("no token yet: %w", err)
					}
					if code := withToken(t, c, string(text), "/api"); code != http.StatusOK && code != http.StatusForbidden {
						return fmt.Errorf("the token is not taken: %d", code)
					}
					meta, _ := c.Get(t, path)["metadata"].(map[string]any)
					labels, _ := meta["labels"].(map[string]any)
					if labels["kubernetes.io/legacy-token-last-used"] == nil {
						return fmt.Errorf("the API server does not say that the token was used: %v", labels)
					}
					return nil
				})
			},
			paths: []string{"/api/v1/namespaces/default/secrets/ci-token", "/api/v1/namespaces/default/serviceaccounts/ci"},
		},
		{
			name: "aggregated API", fails: []string{"aggregated-apiservice-skips-tls"}, partial: "cannot discover things.example.com/v1",
			objects: "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata: {name: v1.things.example.com}\n" +
				"spec: {group: things.example.com, version: v1, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true, service: {name: things, namespace: default}}\n",
			paths: []string{"/apis/apiregistration.k8s.io/v1/apiservices/v1.things.example.com"},
		},
		{
			name: "labels of nodes", fails: []string{"node-labels-user-writable"},
			objects: nodeWriters + admissionPolicy("pods", "object.spec.?hostNetwork.orValue(false) != true"),
			done:    func(t *testing.T, c *cluster.Cluster) { labelled(t, c, http.StatusOK) },
			paths:   nodeWriterPaths(),
		},
		{
			name:    "labels of nodes, looked at",
			objects: nodeWriters + admissionPolicy("nodes", "object.metadata.?labels == oldObject.metadata.?labels && object.spec.?taints == oldObject.spec.?taints"),
			done:    func(t *testing.T, c *cluster.Cluster) { labelled(t, c, http.StatusUnprocessableEntity) },
			paths:   nodeWriterPaths(),
		},
		{
			name: "public address", fails: []string{"node-public-ip"},
			done: func(t *testing.T, c *cluster.Cluster) {
				status(t, c, node, map[string]any{"addresses": []any{
					map[string]any{"type": "InternalIP", "address": "10.0.0.4"}, map[string]any{"type": "ExternalIP", "address": "203.0.113.7"},
				}})
			},
		},
		{
			name: "good address",
			done: func(t *testing.T, c *cluster.Cluster) {
				status(t, c, node, map[string]any{"addresses": []any{map[string]any{"type": "InternalIP", "address": "10.0.0.4"}}})
			},
		},
		{
			name: "an old kubelet", fails: []string{"kubernetes-known-cve", "kubernetes-version-unsupported"},
			objects: "apiVersion: v1\nkind: Node\nmetadata: {name: old}\n",
			done: func(t *testing.T, c *cluster.Cluster) {
				status(t, c, "/api/v1/nodes/old", map[string]any{"nodeInfo": map[string]any{"kubeletVersion": "v1.30.2", "operatingSystem": "linux"}})
			},
			paths: []string{"/api/v1/nodes/old"},
		},
		{
			name: "on the control plane", fails: []string{"node-workloads-on-control-plane"},
			objects: "apiVersion: v1\nkind: Pod\nmetadata: {name: guest, namespace: default}\n" +
				"spec: {containers: [{name: c, image: \"example.com/c:1\"}], tolerations: [{key: node-role.kubernetes.io/control-plane, operator: Exists}]}\n",
			paths: []string{"/api/v1/namespaces/default/pods/guest?gracePeriodSeconds=0"},
		},
		{
			name: "an add-on with a hole", fails: []string{"addon-known-cve"},
			objects: "apiVersion: v1\nkind: Pod\nmetadata: {name: ingress, namespace: default}\n" +
				"spec: {containers: [{name: c, image: \"registry.k8s.io/ingress-nginx/controller:v1.11.4\"}]}\n",
			paths: []string{"/api/v1/namespaces/default/pods/ingress?gracePeriodSeconds=0"},
		},
		{
			name: "volumes", fails: []string{"persistent-volume-not-encrypted"},
			objects: "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: fast}\nprovisioner: ebs.csi.aws.com\nparameters: {encrypted: \"false\"}\n",
			paths:   []string{"/apis/storage.k8s.io/v1/storageclasses/fast"},
		},
		{
			name:    "encrypted volumes",
			objects: "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: safe}\nprovisioner: ebs.csi.aws.com\nparameters: {encrypted: \"true\"}\n",
			paths:   []string{"/apis/storage.k8s.io/v1/storageclasses/safe"},
		},
	}
}

// tokenOf is a token of a service account that does not end.
func tokenOf(account string) string {
	return "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: " + account + ", namespace: default}\n---\n" +
		"apiVersion: v1\nkind: Secret\ntype: kubernetes.io/service-account-token\n" +
		"metadata: {name: " + account + "-token, namespace: default, annotations: {kubernetes.io/service-account.name: " + account + "}}\n"
}

// testAPI is about the controls that look at the API of a cluster.
func testAPI(t *testing.T, s *shown) {
	c := cluster.Start(t, cluster.Options{Mirror: true, WithControllerManager: true, Files: map[string]string{"/etc/kubernetes/super-admin.conf": ""}})
	v := scanned(t, c, 0, "")
	known := v.failing()
	s.passesIn(v)
	for _, a := range apiCases(t) {
		if a.objects != "" {
			c.Apply(t, a.objects)
		}
		if a.done != nil {
			a.done(t, c)
		}
		v := scanned(t, c, a.later, a.partial)
		if len(a.fails) == 0 {
			s.passesIn(v)
		} else {
			judge(t, s, v, known, &badCase{controls: a.fails, args: a.name})
		}
		for _, path := range a.paths {
			c.Delete(t, path)
		}
	}

	testAudit(t, c)

	// Everybody may ask which release it is, and is answered.
	c.Restart(t, cluster.APIServer, cluster.Flags{"authentication-config": cluster.Remove, "anonymous-auth": "true"})
	plane := &controlPlane{Cluster: c}
	if code, body := anonymous(t, plane, "/version"); code != http.StatusOK {
		t.Errorf("anonymous /version: %d %.200s, want 200", code, body)
	}
	if code, body := anonymous(t, plane, "/api"); code != http.StatusForbidden || !strings.Contains(body, "system:anonymous") {
		t.Errorf("anonymous /api: %d %.200s, want 403 and who asks", code, body)
	}
	known = append(known, "apiserver-anonymous-auth-enabled")
	judge(t, s, scanned(t, c, 0, ""), known, &badCase{controls: []string{"apiserver-version-exposed-anonymously"}, args: "anonymous"})
	// Only who has logged in may.
	c.Apply(t, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: \"system:public-info-viewer\"}\n"+
		"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \"system:public-info-viewer\"}\n"+
		"subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: \"system:authenticated\"}]\n")
	eventually(t, func() error {
		if code, body := anonymous(t, plane, "/version"); code != http.StatusForbidden {
			return fmt.Errorf("anonymous /version: %d %.200s, want 403", code, body)
		}
		return nil
	})
	v = scanned(t, c, 0, "")
	judge(t, s, v, known)
	s.passesIn(v)
}

// testCertificates is about certificates that are wrong.
func testCertificates(t *testing.T, s *shown) {
	c := cluster.Start(t, cluster.Options{Mirror: true, Certificate: func(name string, template *x509.Certificate) {
		switch name {
		case "apiserver":
			template.EmailAddresses = []string{"admin@example.com"}
		case "front-proxy-client":
			template.NotBefore, template.NotAfter = time.Now().Add(-360*24*time.Hour), time.Now().Add(5*24*time.Hour)
		}
	}})
	v := scanned(t, c, 0, "")
	if !v.failed("apiserver-certificate-leaks-email") {
		t.Errorf("the API server answers with an e-mail address: %+v", v.counts["apiserver-certificate-leaks-email"])
	} else {
		s.fails("apiserver-certificate-leaks-email")
	}
	v = judged(t, []*node.Facts{controlPlaneFacts(t, c)})
	if f := v.findings["control-plane-certificate-expiring"]; len(f) != 1 || !strings.Contains(f[0].Message, "front-proxy-client.crt") {
		t.Errorf("a certificate that ends soon: %+v", f)
	} else {
		s.fails("control-plane-certificate-expiring")
	}
	if !v.failed("super-admin-kubeconfig-present") {
		t.Error("super-admin.conf is there, and the control finds nothing wrong")
	} else {
		s.fails("super-admin-kubeconfig-present")
	}
}

// scanned scans a running cluster some time from now. Partial is what the scan says that it cannot look at; "" is that it sees all.
func scanned(t *testing.T, c *cluster.Cluster, later time.Duration, partial string) *verdict {
	t.Helper()
	var out, errs bytes.Buffer
	code := cli.Main(t.Context(), cli.Process{
		Args: append([]string{
			"kubeharden", "scan", "--cluster", "--kubeconfig", c.Kubeconfig(), "--no-config", "--no-fold", "--format", "json", "--layer", "cluster",
		}, parameters()...),
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
		Now: func() time.Time { return time.Now().Add(later) },
	})
	if (code == 2) != (partial != "") || !strings.Contains(errs.String(), partial) {
		t.Fatalf("exit status %d: %s", code, errs.String())
	}
	return readVerdict(t, out.Bytes())
}

// status changes the status of an object.
func status(t *testing.T, c *cluster.Cluster, path string, change map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"status": change})
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Do(t.Context(), http.MethodPatch, path+"/status", "application/merge-patch+json", body)
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != http.StatusOK {
		t.Fatalf("%s: %d %.300s", path, res.Status, res.Body)
	}
}

// request is a request for a certificate for a user, as a CertificateSigningRequest has it.
func request(t *testing.T, user string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: user}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}))
}

// withToken asks with a token.
func withToken(t *testing.T, c *cluster.Cluster, token, path string) int {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	u, err := url.Parse(c.URL() + path)
	if err != nil {
		t.Fatal(err)
	}
	req := (&http.Request{Method: http.MethodGet, URL: u, Header: http.Header{"Authorization": {"Bearer " + token}}}).WithContext(t.Context())
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

// eventually waits for what takes a moment.
func eventually(t *testing.T, ask func() error) {
	t.Helper()
	limit := time.Now().Add(time.Minute)
	for err := ask(); err != nil; err = ask() {
		if time.Now().After(limit) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

const nodeWriters = `apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: writers}
rules: [{apiGroups: [''], resources: [nodes], verbs: [get, patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: writers}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: writers}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: jane}]
---
`

func admissionPolicy(resource, expression string) string {
	return `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: guard}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [` + resource + `]}]}
  validations: [{expression: "` + expression + `"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: guard}
spec: {policyName: guard, validationActions: [Deny]}
`
}

func nodeWriterPaths() []string {
	const admission = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"
	return []string{
		"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/writers", "/apis/rbac.authorization.k8s.io/v1/clusterroles/writers",
		admission + "ybindings/guard", admission + "ies/guard",
	}
}

// labelled holds what the API server says to a user who puts a label on the node, as soon as it knows what he may and what its policies say.
func labelled(t *testing.T, c *cluster.Cluster, want int) {
	t.Helper()
	eventually(t, func() error {
		body := fmt.Sprintf(`{"metadata": {"labels": {"example.com/tenant": "%d"}}}`, time.Now().UnixNano())
		if got := asUser(t, c, "jane", http.MethodPatch, "/api/v1/nodes/"+c.NodeName, "application/merge-patch+json", body); got != want {
			return fmt.Errorf("labelling the node as a user: %d, want %d", got, want)
		}
		return nil
	})
}

// asUser sends a request as an administrator who says he is somebody else.
func asUser(t *testing.T, c *cluster.Cluster, user, method, path, contentType, body string) int {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(c.KubeletClient())
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{cert}}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), method, c.URL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Impersonate-User", user)
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}
