package cluster_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/test/cluster"
)

// insecure asks without a certificate and believes any.
func insecure(t *testing.T, url string) (int, string, error) {
	t.Helper()
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body), nil
}

const pods = `
apiVersion: v1
kind: Pod
metadata: {name: server, namespace: default}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: c
    image: ` + cluster.ServeImage + `
    readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
    resources: {limits: {memory: 64Mi, cpu: 200m}}
    securityContext: {runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: default}
spec:
  restartPolicy: Never
  containers:
  - name: c
    image: ` + cluster.ServeImage + `
    command: [/bedtool, get, "https://kubernetes.default.svc/version", /var/run/secrets/kubernetes.io/serviceaccount/token]
  hostAliases: [{ip: 10.96.0.1, hostnames: [kubernetes.default.svc]}]
`

func TestNode(t *testing.T) {
	t.Parallel()
	cluster.SkipWithoutNode(t)
	c := cluster.Start(t, cluster.Options{Node: &cluster.NodeOptions{}})
	node := c.Node(t)

	t.Run("kubelet", func(t *testing.T) {
		if got, _, err := insecure(t, node.KubeletURL()+"/pods"); err != nil || got != http.StatusUnauthorized {
			t.Errorf("anonymous /pods: %d, %v; want 401", got, err)
		}
		if got, _, err := insecure(t, node.ReadOnlyURL()+"/pods"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the read-only port: %d, %v; want that nobody listens", got, err)
		}
	})
	t.Run("bad kubelet", func(t *testing.T) {
		bad := c.StartNode(t, cluster.NodeOptions{
			Kubelet: cluster.Flags{"config-dir": "/etc/kubernetes/kubelet.conf.d", "anonymous-auth": "true"},
			Files: map[string]string{"/etc/kubernetes/kubelet.conf.d/10-bad.conf": "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n" +
				"authorization: {mode: AlwaysAllow}\nreadOnlyPort: 10255\n"},
		})
		if got, body, err := insecure(t, bad.KubeletURL()+"/pods"); err != nil || got != http.StatusOK || !strings.Contains(body, `"PodList"`) {
			t.Errorf("anonymous /pods: %d %.100s, %v; want 200 and pods", got, body, err)
		}
		if got, body, err := insecure(t, bad.ReadOnlyURL()+"/pods"); err != nil || got != http.StatusOK || !strings.Contains(body, `"PodList"`) {
			t.Errorf("the read-only port: %d %.100s, %v; want 200 and pods", got, body, err)
		}
		bad.RestartKubelet(t, cluster.Flags{"anonymous-auth": "false"})
		if got, _, err := insecure(t, bad.KubeletURL()+"/pods"); err != nil || got != http.StatusUnauthorized {
			t.Errorf("anonymous /pods after another start: %d, %v; want 401", got, err)
		}
	})
	t.Run("pods", func(t *testing.T) {
		eventually(t, func() error { return found(t, c, "/api/v1/namespaces/default/serviceaccounts/default", http.StatusOK) })
		c.Apply(t, pods)
		eventually(t, func() error {
			status := c.Get(t, "/api/v1/namespaces/default/pods/server")["status"].(map[string]any)
			ip, _ := status["podIP"].(string)
			if ip == "" {
				return fmt.Errorf("the pod has no address: %v", status)
			}
			code, body, err := insecure(t, "http://"+ip+":8080/")
			if err == nil && (code != http.StatusOK || body != "server, uid 65532\n") {
				err = fmt.Errorf("the pod answers %d %q", code, body)
			}
			return err
		})
		eventually(t, func() error {
			status := c.Get(t, "/api/v1/namespaces/default/pods/client")["status"].(map[string]any)
			if status["phase"] == "Failed" {
				t.Fatalf("the client failed: %v", status)
			}
			if status["phase"] != "Succeeded" {
				return fmt.Errorf("the client is %v", status)
			}
			return nil
		})
		res, err := c.Do(t.Context(), http.MethodGet, "/api/v1/namespaces/default/pods/client/log", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(res.Body), `"gitVersion": "v1.37.`) {
			t.Errorf("the log of a pod that asked the API server: %d %q", res.Status, res.Body)
		}
	})
	t.Run("programs", func(t *testing.T) {
		code, stdout, stderr := node.Run(t, "/usr/bin/kubelet", "--version")
		if code != 0 || !strings.HasPrefix(stdout, "Kubernetes v1.37.") {
			t.Errorf("exit status %d, %q, %q", code, stdout, stderr)
		}
		if code, _, _ := node.Run(t, "/bin/false"); code != 1 {
			t.Errorf("exit status of false: %d", code)
		}
	})
}
