package cluster_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
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
	t.Run("images", func(t *testing.T) {
		// Any static program will do: this one ends with the status 2 and says how it is used.
		tool := node.Root + "/usr/local/sbin/runc.real"
		c.AddImage(t, "registry.example/own:1", tool, "/own/runc", "features")
		c.Apply(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: own}\nspec: {restartPolicy: Never, containers: [{name: c, image: \"registry.example/own:1\"}]}\n")
		eventually(t, func() error {
			res, err := c.Do(t.Context(), http.MethodGet, "/api/v1/namespaces/default/pods/own/log", "", nil)
			if err == nil && !strings.Contains(string(res.Body), "ociVersionMax") {
				err = fmt.Errorf("%d %.300s", res.Status, res.Body)
			}
			return err
		})
	})
	t.Run("configuration", func(t *testing.T) {
		before := node.KubeletPID()
		node.Configure(t, "{readOnlyPort: 10255, podPidsLimit: null}")
		node.RestartKubelet(t, nil)
		if got, _, err := insecure(t, node.ReadOnlyURL()+"/healthz"); err != nil || got != http.StatusOK {
			t.Errorf("the read-only port: %d, %v", got, err)
		}
		if text, err := os.ReadFile(node.Path("/var/lib/kubelet/config.yaml")); err != nil || strings.Contains(string(text), "podPidsLimit") {
			t.Errorf("%v: what is null is still there:\n%s", err, text)
		}
		if after := node.KubeletPID(); after == before {
			t.Errorf("the kubelet is still process %d", after)
		}
		if !strings.Contains(node.Logs(t, cluster.Kubelet), "Kubelet version") {
			t.Error("the kubelet's log does not say its version")
		}
		if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/root/etc/hosts", node.PID())); err != nil || !strings.Contains(string(name), node.Name) {
			t.Errorf("/etc/hosts of the node: %q, %v", name, err)
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

// TestStaticPods starts a control plane as kubeadm does and changes a flag as an administrator would: in the file of the static pod.
func TestStaticPods(t *testing.T) {
	t.Parallel()
	cluster.SkipWithoutNode(t)
	c := cluster.Start(t, cluster.Options{StaticPods: true})
	for _, name := range []string{cluster.Etcd, cluster.APIServer, cluster.ControllerManager, cluster.Scheduler} {
		pod := c.Get(t, "/api/v1/namespaces/kube-system/pods/"+name+"-"+c.NodeName)
		annotations := pod["metadata"].(map[string]any)["annotations"].(map[string]any)
		if annotations["kubernetes.io/config.mirror"] == nil {
			t.Errorf("the pod of %s is no mirror pod: %v", name, annotations)
		}
		if got, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", c.PID(t, name))); err != nil || got != "/usr/local/bin/"+name {
			t.Errorf("%s is %q, %v", name, got, err)
		}
	}
	if code, stdout, stderr := c.Node(t).Run(t, "/usr/bin/stat", "-c", "%a %U", "/etc/kubernetes/manifests/kube-apiserver.yaml", "/var/lib/etcd/member"); code != 0 || stdout != "600 root\n700 root\n" {
		t.Errorf("files of the control plane on its node: %d %q %q", code, stdout, stderr)
	}
	c.Restart(t, cluster.APIServer, cluster.Flags{"authentication-config": cluster.Remove, "anonymous-auth": "true"})
	if got := anonymous(t, c, "/version"); got != http.StatusOK {
		t.Errorf("anonymous /version: %d, want 200", got)
	}
}
