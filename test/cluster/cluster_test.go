package cluster_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
			c := cluster.Start(t, cluster.Options{Minor: minor, WithControllerManager: minor != cluster.Minors()[0]})
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

func TestAnonymous(t *testing.T) {
	t.Parallel()
	c := cluster.Start(t, cluster.Options{
		// The file limits anonymous requests; the API server refuses the flag beside it.
		APIServer: cluster.Flags{"authentication-config": cluster.Remove, "anonymous-auth": "true", "profiling": "true"},
		Etcd:      cluster.Flags{"listen-client-urls": "https://127.0.0.1:2379,http://192.0.2.10:2381", "listen-metrics-urls": cluster.Remove},
	})
	if got := anonymous(t, c, "/version"); got != http.StatusOK {
		t.Errorf("anonymous /version: %d, want 200", got)
	}
	if got := anonymous(t, c, "/api"); got != http.StatusForbidden {
		t.Errorf("anonymous /api: %d, want 403: nobody gave the user system:anonymous anything", got)
	}
}

func TestEtcdInClear(t *testing.T) {
	t.Parallel()
	c := cluster.Start(t, cluster.Options{
		APIServer: cluster.Flags{
			"etcd-servers": "http://127.0.0.1:2379", "etcd-cafile": cluster.Remove, "etcd-certfile": cluster.Remove, "etcd-keyfile": cluster.Remove,
			"encryption-provider-config": cluster.Remove,
		},
		Etcd: cluster.Flags{
			"listen-client-urls": "http://127.0.0.1:2379", "advertise-client-urls": "http://127.0.0.1:2379", "client-cert-auth": cluster.Remove,
			"trusted-ca-file": cluster.Remove, "cert-file": cluster.Remove, "key-file": cluster.Remove,
		},
	})
	c.Namespace(t, "one")
	c.Apply(t, "apiVersion: v1\nkind: Secret\nmetadata: {namespace: one, name: s}\nstringData: {k: in-clear}\n")
	if got := c.EtcdValue(t, "/registry/secrets/one/s"); !bytes.Contains(got, []byte("in-clear")) {
		t.Errorf("the Secret in etcd: %.60q, want it in clear", got)
	}
}

// TestWhole starts all that runs without a node, as kubeadm would, shows it in the API, and then breaks it.
func TestWhole(t *testing.T) {
	t.Parallel()
	c := cluster.Start(t, cluster.Options{Defaults: true, WithControllerManager: true, WithScheduler: true, Mirror: true})

	t.Run("controllers", func(t *testing.T) {
		c.Apply(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: two}\n")
		eventually(t, func() error { return found(t, c, "/api/v1/namespaces/two/serviceaccounts/default", http.StatusOK) })
		c.Apply(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: two}\nspec: {containers: [{name: c, image: \"x:1\"}], tolerations: [{operator: Exists}]}\n")
		eventually(t, func() error {
			if spec := c.Get(t, "/api/v1/namespaces/two/pods/p")["spec"].(map[string]any); spec["nodeName"] != c.NodeName {
				return fmt.Errorf("the pod is bound to %v", spec["nodeName"])
			}
			return nil
		})
	})
	t.Run("mirror pods", func(t *testing.T) {
		for _, name := range []string{cluster.Etcd, cluster.APIServer, cluster.ControllerManager, cluster.Scheduler} {
			pod := c.Get(t, "/api/v1/namespaces/kube-system/pods/"+name+"-"+c.NodeName)
			text, err := json.Marshal(pod)
			if err != nil {
				t.Fatal(err)
			}
			for flag, value := range c.Flags(name) {
				arg, err := json.Marshal("--" + flag + "=" + value)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Contains(text, arg) {
					t.Errorf("%s runs with %s and its pod does not say so", name, arg)
				}
			}
		}
	})
	t.Run("files", func(t *testing.T) {
		for name, mode := range map[string]os.FileMode{
			"/etc/kubernetes/pki/ca.key": 0o600, "/etc/kubernetes/manifests/kube-apiserver.yaml": 0o600, "/etc/kubernetes/pki/ca.crt": 0o644, "/var/lib/etcd": 0o700,
		} {
			if info, err := os.Stat(c.Path(name)); err != nil || info.Mode().Perm() != mode {
				t.Errorf("%s: %v, %v; want mode %o", name, info, err, mode)
			}
		}
		if _, _, err := insecure(t, c.EtcdPeerURL()+"/members"); err == nil || !strings.Contains(err.Error(), "tls:") {
			t.Errorf("a peer without a certificate: %v; want that etcd wants one", err)
		}
	})
	t.Run("users", func(t *testing.T) {
		alone := request(t, c.AsUser(t, "eve", "outsiders"), "/api/v1/secrets")
		if alone.StatusCode != http.StatusForbidden {
			t.Errorf("a user whom nobody gave anything reads Secrets: %s", alone.Status)
		}
		c.Apply(t, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: eve}\n"+
			"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: insiders}]\n")
		if member := request(t, c.AsUser(t, "eve", "insiders"), "/api/v1/secrets"); member.StatusCode != http.StatusOK {
			t.Errorf("a member of a group of administrators reads Secrets: %s", member.Status)
		}
		if admin := request(t, c.Kubeconfig(), "/api/v1/secrets"); admin.StatusCode != http.StatusOK {
			t.Errorf("kubeadm's administrator reads Secrets: %s", admin.Status)
		}
		if token := request(t, c.WithToken(t, c.ServiceAccountToken(t, "two", "robot")), "/api/v1/namespaces/two/pods"); token.StatusCode != http.StatusForbidden {
			t.Errorf("a service account whom nobody gave anything reads pods: %s", token.Status)
		}
		expired := request(t, c.WithToken(t, c.ExpiredToken(t, "two", "robot")), "/api/v1/namespaces")
		if said := c.Logs(t, cluster.APIServer); expired.StatusCode != http.StatusUnauthorized || !strings.Contains(said, "token is expired") && !strings.Contains(said, "token has expired") {
			t.Errorf("an expired token: %s", expired.Status)
		}
		if junk := request(t, c.WithToken(t, "junk"), "/api/v1/namespaces"); junk.StatusCode != http.StatusUnauthorized {
			t.Errorf("a token that is none: %s", junk.Status)
		}
	})
	t.Run("frozen, killed and back", func(t *testing.T) {
		c.Freeze(t, cluster.APIServer)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if res, err := c.Do(ctx, http.MethodGet, "/readyz", "", nil); err == nil {
			t.Errorf("the frozen API server answers %d", res.Status)
		}
		c.Thaw(t, cluster.APIServer)
		eventually(t, func() error { return found(t, c, "/readyz", http.StatusOK) })
		before := c.PID(t, cluster.APIServer)
		c.Kill(t, cluster.APIServer)
		if res, err := c.Do(t.Context(), http.MethodGet, "/readyz", "", nil); err == nil {
			t.Errorf("the killed API server answers %d", res.Status)
		}
		c.Restart(t, cluster.APIServer, cluster.Flags{"profiling": "false"})
		if after := c.PID(t, cluster.APIServer); after == before {
			t.Errorf("the API server is still process %d", after)
		}
		if got := c.Flags(cluster.APIServer)["profiling"]; got != "false" {
			t.Errorf("after a restart with another setting: profiling=%s", got)
		}
		c.Delete(t, "/api/v1/namespaces/two/pods/p?gracePeriodSeconds=0") // it was there before, and now it is not
		if err := found(t, c, "/api/v1/namespaces/two/pods/p", http.StatusNotFound); err != nil {
			t.Error(err)
		}
	})
}

// TestBadFlag holds that a component that does not start is a failure which says why.
func TestBadFlag(t *testing.T) {
	t.Parallel()
	cluster.SkipUnlessWanted(t)
	c, err := cluster.New(t.Context(), cluster.Options{APIServer: cluster.Flags{"no-such-flag": "1"}})
	if err == nil {
		c.Close()
		t.Fatal("the API server started with a flag that it does not have")
	}
	if !strings.Contains(err.Error(), "unknown flag: --no-such-flag") {
		t.Errorf("got %v\nwant what the API server said", err)
	}
}

// TestKilled holds that nothing outlives a process that was killed, and that the next cluster removes its folder.
func TestKilled(t *testing.T) {
	t.Parallel()
	cluster.SkipUnlessWanted(t)
	program := filepath.Join(t.TempDir(), "cluster")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	first := cluster.Start(t, cluster.Options{}) // says whether the programs can be had at all, and has to outlive the other one
	cmd := exec.CommandContext(t.Context(), program, "-nodes", "0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	kubeconfig, ok := strings.CutPrefix(strings.TrimSpace(line), "export KUBECONFIG=")
	if !ok {
		t.Fatalf("it says %q, %v", line, err)
	}
	if res := request(t, kubeconfig, "/readyz"); res.StatusCode != http.StatusOK {
		t.Errorf("its API server answers %s", res.Status)
	}
	server := read(t, kubeconfig).Clusters[0].Cluster.Server
	dir, _, _ := strings.Cut(kubeconfig, "/etc/kubernetes/")
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	eventually(t, func() error {
		c, err := net.Dial("tcp", strings.TrimPrefix(server, "https://"))
		if err == nil {
			c.Close()
			return errors.New("its API server still listens")
		}
		return nil
	})
	cluster.Start(t, cluster.Options{})
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder after the start of another cluster: %v", err)
	}
	if err := found(t, first, "/readyz", http.StatusOK); err != nil {
		t.Errorf("the cluster that was there before: %v", err)
	}
}

func TestOldNodes(t *testing.T) {
	_, err := cluster.New(t.Context(), cluster.Options{Minor: cluster.Minors()[1], WithScheduler: true})
	if err == nil || !strings.Contains(err.Error(), "do not work with an API server of "+cluster.Minors()[1]) {
		t.Errorf("a scheduler with an older API server: %v", err)
	}
}

// eventually waits for what takes a while.
func eventually(t *testing.T, ask func() error) {
	t.Helper()
	limit := time.Now().Add(2 * time.Minute)
	for err := ask(); err != nil; err = ask() {
		if time.Now().After(limit) {
			t.Fatal(err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func found(t *testing.T, c *cluster.Cluster, path string, want int) error {
	t.Helper()
	res, err := c.Do(t.Context(), http.MethodGet, path, "", nil)
	if err == nil && res.Status != want {
		err = fmt.Errorf("%s: %d, want %d", path, res.Status, want)
	}
	return err
}

// kubeconfig is what is in such a file of the bed.
type kubeconfig struct {
	Users []struct {
		User struct {
			Cert  []byte `json:"client-certificate-data"`
			Key   []byte `json:"client-key-data"`
			Token string `json:"token"`
		} `json:"user"`
	} `json:"users"`
	Clusters []struct {
		Cluster struct {
			CA     []byte `json:"certificate-authority-data"`
			Server string `json:"server"`
		} `json:"cluster"`
	} `json:"clusters"`
}

func read(t *testing.T, file string) *kubeconfig {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var config kubeconfig
	if err := json.Unmarshal(text, &config); err != nil {
		t.Fatal(err)
	}
	return &config
}

// request sends a request with the credentials of a kubeconfig file.
func request(t *testing.T, kubeconfig, path string) *http.Response {
	t.Helper()
	config := read(t, kubeconfig)
	user, roots := config.Users[0].User, x509.NewCertPool()
	roots.AppendCertsFromPEM(config.Clusters[0].Cluster.CA)
	settings := &tls.Config{RootCAs: roots}
	if user.Token == "" {
		pair, err := tls.X509KeyPair(user.Cert, user.Key)
		if err != nil {
			t.Fatal(err)
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, config.Clusters[0].Cluster.Server+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if user.Token != "" {
		req.Header.Set("Authorization", "Bearer "+user.Token)
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: settings}}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}
