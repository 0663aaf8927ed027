package cluster_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/test/cluster"
)

// anonymous asks the API server without saying who asks.
func anonymous(t *testing.T, c *cluster.Cluster, path string) int {
	t.Helper()
	ca, err := os.ReadFile(c.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

func TestHardened(t *testing.T) {
	for _, minor := range cluster.Minors() {
		t.Run(minor, func(t *testing.T) {
			c := cluster.Start(t, cluster.Options{Minor: minor})
			version := c.Get(t, "/version")
			if got := version["gitVersion"].(string); !strings.HasPrefix(got, "v"+minor+".") {
				t.Errorf("the API server of %s says it is %s", minor, got)
			}
			if got := anonymous(t, c, "/livez"); got != http.StatusOK {
				t.Errorf("anonymous /livez: %d, want 200", got)
			}
			for _, path := range []string{"/api", "/version"} {
				if got := anonymous(t, c, path); got != http.StatusUnauthorized && got != http.StatusForbidden {
					t.Errorf("anonymous %s: %d, want 401 or 403", path, got)
				}
			}
			c.Namespace(t, "one")
			c.Apply(t, "apiVersion: v1\nkind: Secret\nmetadata: {namespace: one, name: s}\nstringData: {k: in-clear}\n")
			if got := c.EtcdValue(t, "/registry/secrets/one/s"); !bytes.HasPrefix(got, []byte("k8s:enc:secretbox:v1:key1:")) || bytes.Contains(got, []byte("in-clear")) {
				t.Errorf("the Secret in etcd: %.60q, want it encrypted", got)
			}
			log, err := os.ReadFile(c.AuditLog())
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(log, []byte(`"/api/v1/namespaces/one/secrets/s?`)) {
				t.Errorf("no request for the Secret in the audit log of %d bytes", len(log))
			}
		})
	}
}
