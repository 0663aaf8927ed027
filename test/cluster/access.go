package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// URL is where the API server listens.
func (c *Cluster) URL() string {
	return "https://" + net.JoinHostPort(c.address, strconv.Itoa(c.port[APIServer]))
}

// EtcdURL is where etcd listens for clients, by its flags.
func (c *Cluster) EtcdURL() string {
	flags := c.components[Etcd].flags
	if urls := flags["listen-client-http-urls"]; urls != "" {
		return c.reachable(urls) // the others speak gRPC only then
	}
	return c.reachable(flags["listen-client-urls"])
}

// EtcdPeerURL is where etcd listens for other etcds, by its flags.
func (c *Cluster) EtcdPeerURL() string {
	return c.reachable(c.components[Etcd].flags["listen-peer-urls"])
}

// reachable is the first URL of a list, or with static pods the first one that is not of the node's own loopback interface.
func (c *Cluster) reachable(list string) string {
	urls := strings.Split(list, ",")
	for _, u := range urls {
		if c.opts.StaticPods && strings.Contains(u, "127.0.0.1") {
			continue
		}
		return u
	}
	return urls[0]
}

// ComponentURL is where the controller manager or the scheduler listens: on the loopback interface, with StaticPods on that of the node.
func (c *Cluster) ComponentURL(name string) string {
	host := "127.0.0.1"
	if a := c.components[name].flags["bind-address"]; a != "" && a != "0.0.0.0" {
		host = a
	}
	return "https://" + net.JoinHostPort(host, strconv.Itoa(c.port[name]))
}

// Files that who tests the cluster needs.
func (c *Cluster) caFile() string { return c.path("etc/kubernetes/pki/ca.crt") }

// CAFile has the certificate authority of the API server and of the nodes.
func (c *Cluster) CAFile() string { return c.caFile() }

// EtcdCAFile has the certificate authority of etcd.
func (c *Cluster) EtcdCAFile() string { return c.path("etc/kubernetes/pki/etcd/ca.crt") }

// EtcdCertFile has the certificate of the API server for etcd, EtcdKeyFile its key.
func (c *Cluster) EtcdCertFile() string {
	return c.path("etc/kubernetes/pki/apiserver-etcd-client.crt")
}

// EtcdKeyFile has the key of EtcdCertFile.
func (c *Cluster) EtcdKeyFile() string { return c.path("etc/kubernetes/pki/apiserver-etcd-client.key") }

// AuditLog is the audit log of the API server.
func (c *Cluster) AuditLog() string { return c.path("var/log/kubernetes/audit/audit.log") }

// Kubeconfig is the kubeconfig file of an administrator, as kubeadm makes it.
func (c *Cluster) Kubeconfig() string { return c.path("etc/kubernetes/admin.conf") }

// kubeconfigs writes the kubeconfig files of kubeadm.
//
// https://kubernetes.io/docs/setup/best-practices/certificates/#configure-certificates-for-user-accounts
func (c *Cluster) kubeconfigs() error {
	for _, u := range []struct{ file, name, group string }{
		{"admin.conf", "kubernetes-admin", "kubeadm:cluster-admins"},
		{"super-admin.conf", "kubernetes-super-admin", "system:masters"},
		{"controller-manager.conf", "system:kube-controller-manager", ""},
		{"scheduler.conf", "system:kube-scheduler", ""},
	} {
		subject := pkix.Name{CommonName: u.name}
		if u.group != "" {
			subject.Organization = []string{u.group}
		}
		cert, key, err := c.writeUser(c.path("etc/kubernetes/"+u.file), u.file, subject)
		if err != nil {
			return err
		}
		if u.file == "super-admin.conf" {
			pair, err := tls.X509KeyPair(cert, key)
			if err != nil {
				return err
			}
			c.admin = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: c.roots, Certificates: []tls.Certificate{pair}}}}
		}
	}
	// The kubelet's is as test/controlplane has it: it names a file.
	cert, key, err := c.pki.sign(leaf{name: "kubelet.conf", subject: pkix.Name{CommonName: "system:node:" + c.NodeName, Organization: []string{"system:nodes"}}, client: true}, c.ca)
	if err != nil {
		return err
	}
	return writeFile(c.path("var/lib/kubelet/pki/kubelet-client-current.pem"), append(cert, key...), 0o600)
}

// writeUser writes a kubeconfig file with a new client certificate.
func (c *Cluster) writeUser(file, name string, subject pkix.Name) (cert, key []byte, err error) {
	if cert, key, err = c.pki.sign(leaf{name: name, subject: subject, client: true}, c.ca); err != nil {
		return nil, nil, err
	}
	return cert, key, c.writeKubeconfig(file, subject.CommonName, map[string]string{
		"client-certificate-data": base64.StdEncoding.EncodeToString(cert), "client-key-data": base64.StdEncoding.EncodeToString(key),
	})
}

// writeKubeconfig writes a kubeconfig file in JSON, which is YAML too.
func (c *Cluster) writeKubeconfig(file, user string, credentials map[string]string) error {
	type object = map[string]any
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.ca.cert.Raw})
	text, err := json.MarshalIndent(object{
		"apiVersion": "v1", "kind": "Config", "current-context": user + "@kubernetes",
		"clusters": []object{{"name": "kubernetes", "cluster": object{"server": c.URL(), "certificate-authority-data": ca}}},
		"contexts": []object{{"name": user + "@kubernetes", "context": object{"cluster": "kubernetes", "user": user}}},
		"users":    []object{{"name": user, "user": credentials}},
	}, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(file, append(text, '\n'), 0o600)
}

// userFile is a new kubeconfig file.
func (c *Cluster) userFile() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users++
	return c.path(fmt.Sprintf("users/%d.conf", c.users))
}

// AsUser returns a kubeconfig file of a user with a client certificate. Nobody has given this user anything.
func (c *Cluster) AsUser(tb testing.TB, name string, groups ...string) string {
	tb.Helper()
	file := c.userFile()
	if _, _, err := c.writeUser(file, name, pkix.Name{CommonName: name, Organization: groups}); err != nil {
		tb.Fatal(err)
	}
	return file
}

// WithToken returns a kubeconfig file with a bearer token, whatever it is worth.
func (c *Cluster) WithToken(tb testing.TB, token string) string {
	tb.Helper()
	file := c.userFile()
	if err := c.writeKubeconfig(file, "token", map[string]string{"token": token}); err != nil {
		tb.Fatal(err)
	}
	return file
}

// ServiceAccountToken returns a token of a service account, which exists afterwards.
func (c *Cluster) ServiceAccountToken(tb testing.TB, namespace, name string) string {
	tb.Helper()
	c.serviceAccount(tb, namespace, name)
	path := "/api/v1/namespaces/" + url.PathEscape(namespace) + "/serviceaccounts/" + url.PathEscape(name) + "/token"
	res := c.must(tb, http.MethodPost, path, "application/json", []byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}`))
	var t struct {
		Status struct {
			Token string `json:"token"`
		} `json:"status"`
	}
	if err := json.Unmarshal(res.Body, &t); err != nil || t.Status.Token == "" {
		tb.Fatalf("no token in the answer for service account %s/%s: %v", namespace, name, err)
	}
	return t.Status.Token
}

// ExpiredToken returns a token of a service account that was good until a minute ago.
//
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
func (c *Cluster) ExpiredToken(tb testing.TB, namespace, name string) string {
	tb.Helper()
	c.serviceAccount(tb, namespace, name)
	account := c.Get(tb, "/api/v1/namespaces/"+url.PathEscape(namespace)+"/serviceaccounts/"+url.PathEscape(name))
	meta, _ := account["metadata"].(map[string]any)
	issuer, now := c.components[APIServer].flags["service-account-issuer"], time.Now()
	token, err := c.pki.token(map[string]any{
		"iss": issuer, "aud": []string{issuer}, "sub": "system:serviceaccount:" + namespace + ":" + name,
		"iat": now.Add(-time.Hour).Unix(), "nbf": now.Add(-time.Hour).Unix(), "exp": now.Add(-time.Minute).Unix(),
		"kubernetes.io": map[string]any{"namespace": namespace, "serviceaccount": map[string]any{"name": name, "uid": meta["uid"]}},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

// Namespace makes a namespace, if it is not there, and what controllers would put in it if they ran: the service account default.
func (c *Cluster) Namespace(tb testing.TB, name string) {
	tb.Helper()
	c.Apply(tb, "apiVersion: v1\nkind: Namespace\nmetadata: {name: "+strconv.Quote(name)+"}\n")
	c.serviceAccount(tb, name, "default")
}

func (c *Cluster) serviceAccount(tb testing.TB, namespace, name string) {
	tb.Helper()
	c.Apply(tb, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {namespace: "+strconv.Quote(namespace)+", name: "+strconv.Quote(name)+"}\n")
}

// etcdClient has the certificate of the API server.
func (c *Cluster) etcdClient() (*http.Client, error) {
	pair, err := tls.LoadX509KeyPair(c.EtcdCertFile(), c.EtcdKeyFile())
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(c.EtcdCAFile())
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}}, nil
}

// EtcdValue is what etcd holds for a key, as /registry/secrets/NAMESPACE/NAME; nil if it holds nothing.
func (c *Cluster) EtcdValue(tb testing.TB, key string) []byte {
	tb.Helper()
	client, err := c.etcdClient()
	if err != nil {
		tb.Fatal(err)
	}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	body, err := json.Marshal(map[string][]byte{"key": []byte(key)})
	if err != nil {
		tb.Fatal(err)
	}
	res, err := do(ctx, client, http.MethodPost, c.EtcdURL()+"/v3/kv/range", "application/json", body)
	if err != nil {
		tb.Fatal(err)
	}
	var found struct {
		Kvs []struct {
			Value []byte `json:"value"`
		} `json:"kvs"`
	}
	if err := json.Unmarshal(res.Body, &found); err != nil || res.Status != http.StatusOK {
		tb.Fatalf("etcd answers %d: %.300s", res.Status, res.Body)
	}
	if len(found.Kvs) == 0 {
		return nil
	}
	return found.Kvs[0].Value
}
