// Package e2e_test runs the program against real clusters of package cluster.
package e2e_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/internal/cli"
	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/source/node"
	"github.com/kubeharden/kubeharden/test/cluster"
)

// run is the command line in this process.
func run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = cli.Main(ctx, cli.Process{
		Args: append([]string{"kubeharden"}, args...), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Now: time.Now,
	})
	return code, out.String(), errs.String()
}

// describe collects the facts of a real node into a folder.
func describe(t *testing.T, n *cluster.Node, dir string) *facts.Facts {
	t.Helper()
	f, err := node.Collect(t.Context(), &node.Options{Root: n.Root, Name: n.Name})
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(filepath.Join(dir, n.Name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := f.Write(file); err != nil {
		t.Fatal(err)
	}
	return f
}

// findings judges the facts in a folder by some controls.
func findings(t *testing.T, dir string, controls ...string) []string {
	t.Helper()
	return verdicts(t, "--node-facts", dir, "--control", strings.Join(controls, ","))
}

// verdicts scans and returns "control file" of what failed and "control? file" of what is not known.
func verdicts(t *testing.T, args ...string) []string {
	t.Helper()
	args = append([]string{"scan", "--no-config", "--format", "json"}, args...)
	_, out, errs := run(t.Context(), args...)
	var report struct {
		Files []struct {
			Findings []struct {
				Control, Status string
				Place           struct{ File string }
			}
			Problems []struct{ Message string }
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v\n%s", err, errs)
	}
	var all []string
	for _, f := range report.Files {
		for _, p := range f.Problems {
			t.Errorf("problem: %s", p.Message)
		}
		for _, v := range f.Findings {
			name := v.Control
			if v.Status != "fail" {
				name += "?"
			}
			all = append(all, name+" "+v.Place.File)
		}
	}
	slices.Sort(all)
	return all
}

// status is what a server answers to somebody who is nobody.
func status(ctx context.Context, url string) (int, error) {
	client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return res.StatusCode, res.Body.Close()
}

// build makes the program as it is released: static, for any image.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "kubeharden")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "github.com/kubeharden/kubeharden/cmd/kubeharden")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

func eventually(t *testing.T, ask func() error) {
	t.Helper()
	limit := time.Now().Add(2 * time.Minute)
	for err := ask(); err != nil; err = ask() {
		if time.Now().After(limit) {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// logOf is the log of the one pod of a namespace, as soon as that has said all.
func logOf(ctx context.Context, c *cluster.Cluster, namespace string) ([]byte, error) {
	pods := "/api/v1/namespaces/" + namespace + "/pods"
	res, err := c.Do(ctx, http.MethodGet, pods, "", nil)
	if err != nil {
		return nil, err
	}
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Status   json.RawMessage
		}
	}
	if err := json.Unmarshal(res.Body, &list); err != nil {
		return nil, fmt.Errorf("pods of %s: %w", namespace, err)
	}
	if len(list.Items) != 1 {
		return nil, fmt.Errorf("%d pods in %s", len(list.Items), namespace)
	}
	res, err = c.Do(ctx, http.MethodGet, pods+"/"+list.Items[0].Metadata.Name+"/log", "", nil)
	if err != nil {
		return nil, err
	}
	if res.Status != http.StatusOK || !json.Valid(res.Body) {
		return nil, fmt.Errorf("log: %d %.300s; the pod is %s", res.Status, res.Body, list.Items[0].Status)
	}
	return res.Body, nil
}

// countOf is how much a report in JSON finds.
func countOf(t *testing.T, report []byte) int {
	t.Helper()
	var r struct {
		Summary struct{ Findings struct{ Fail int } }
	}
	if err := json.Unmarshal(report, &r); err != nil {
		t.Fatalf("%v in %.300s", err, report)
	}
	return r.Summary.Findings.Fail
}

// namesOf are the files of facts with their owners and modes, and the processes with their arguments.
func namesOf(f *facts.Facts) []string {
	var all []string
	for _, file := range f.Spec.Files {
		all = append(all, fmt.Sprintf("%s %s:%s %s %v", file.Path, file.Owner, file.Group, file.Mode, file.Content != nil))
	}
	for _, p := range f.Spec.Processes {
		all = append(all, fmt.Sprintf("%d %v %s %v", p.PID, p.Arguments, p.Exe, p.Mounts))
	}
	return all
}

// TestNodeOfARealCluster: what is said of nodes of a running cluster is what they do.
func TestNodeOfARealCluster(t *testing.T) {
	t.Parallel()
	cluster.SkipWithoutNode(t)
	c := cluster.Start(t, cluster.Options{StaticPods: true, APIServer: cluster.Flags{"profiling": "true"}})
	first := c.Node(t)
	dir := t.TempDir()

	t.Run("control plane", func(t *testing.T) {
		f := describe(t, first, dir)
		if h := f.Spec.Host; h.Distribution != "kubeadm" || strings.Join(h.Roles, " ") != "control-plane etcd worker" || h.Runtime != "containerd" || h.RuntimeVersion == "" {
			t.Errorf("host %+v", h)
		}
		for _, component := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "containerd"} {
			i := slices.IndexFunc(f.Spec.Processes, func(p facts.Process) bool { return p.Component == component })
			if i < 0 {
				t.Errorf("no process of %s", component)
				continue
			}
			p := f.Spec.Processes[i]
			inPod := component != "kubelet" && component != "containerd"
			if p.Contained != inPod || p.Version == "" || p.Exe == "" || p.User != "root" || inPod && len(p.Mounts) == 0 {
				t.Errorf("%+v", p)
			}
		}
		for _, p := range f.Spec.Problems {
			if !slices.Equal(p.Affects, []string{facts.PartSecurityModules}) { // the bed shows no securityfs
				t.Errorf("problem: %+v", p)
			}
		}
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "PRIVATE KEY") || strings.Contains(b.String(), "LS0tLS1CRUdJTiBSU0EgUFJJVkFUR") || strings.Contains(b.String(), "LS0tLS1CRUdJTiBFQyBQUklWQVRF") {
			t.Error("a private key is in the facts")
		}
		// One bad flag is one finding, where people change it, though a process, a static pod and a file of kubeadm say it.
		want := []string{"apiserver-profiling-enabled " + first.Name + "/etc/kubernetes/manifests/kube-apiserver.yaml"}
		if got := findings(t, dir, "apiserver-profiling-enabled", "controller-manager-profiling-enabled", "scheduler-profiling-enabled", "etcd-client-cert-auth-disabled",
			"apiserver-audit-log-path-missing", "audit-policy-missing", "encryption-provider-config-missing", "kubelet-anonymous-auth-enabled"); !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
	})
	t.Run("files", func(t *testing.T) {
		for _, file := range []struct{ path, control string }{
			{"/etc/kubernetes/manifests/kube-apiserver.yaml", "apiserver-pod-spec-file-permissions"},
			{"/etc/kubernetes/pki/ca.key", "pki-key-permissions"},
			{"/etc/kubernetes/kubelet.conf", "kubelet-kubeconfig-permissions"},
		} {
			for mode, want := range map[os.FileMode]int{0o644: 1, 0o600: 0} {
				if err := os.Chmod(first.Root+file.path, mode); err != nil {
					t.Fatal(err)
				}
				describe(t, first, dir)
				if got := findings(t, dir, file.control); len(got) != want {
					t.Errorf("%s with %o: %q", file.path, mode, got)
				}
			}
		}
	})
	t.Run("reader", func(t *testing.T) {
		const image = "registry.example.com/kubeharden:test"
		c.AddImage(t, image, build(t), "/kubeharden")
		code, manifest, errs := run(t.Context(), "generate", "node-reader", "--image", image)
		if code != cli.ExitOK {
			t.Fatal(errs)
		}
		c.Apply(t, manifest)
		var log []byte
		eventually(t, func() (err error) {
			log, err = logOf(t.Context(), c, "kubeharden-nodes")
			return err
		})
		var fromPod facts.Facts
		if err := json.Unmarshal(log, &fromPod); err != nil {
			t.Fatalf("%v in %.300s", err, log)
		}
		here := describe(t, first, t.TempDir())
		if fromPod.Metadata.Name != first.Name || !slices.Equal(namesOf(&fromPod), namesOf(here)) {
			t.Errorf("the pod of %s sees\n%s\nwant\n%s", fromPod.Metadata.Name, strings.Join(namesOf(&fromPod), "\n"), strings.Join(namesOf(here), "\n"))
		}
		for _, p := range fromPod.Spec.Problems {
			if !slices.Equal(p.Affects, []string{facts.PartSecurityModules}) {
				t.Errorf("problem: %+v", p)
			}
		}
	})
	t.Run("from within", func(t *testing.T) {
		// A pod with the role that is needed sees what an administrator outside sees, found by its service account alone.
		const namespace, image = "kubeharden-scan", "registry.example.com/kubeharden:test"
		c.Namespace(t, namespace)
		code, role, errs := run(t.Context(), "rbac", "needed", "--bind", namespace+"/scanner")
		if code != cli.ExitOK {
			t.Fatal(errs)
		}
		c.Apply(t, role)
		scan := []string{"scan", "--cluster", "--no-config", "--format", "json", "--fail-on", "none", "--layer", "rbac,network"}
		args, err := json.Marshal(scan)
		if err != nil {
			t.Fatal(err)
		}
		c.Apply(t, `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "scan", "namespace": "`+namespace+`"}, "spec": {"restartPolicy": "Never",
			"tolerations": [{"operator": "Exists"}], "serviceAccountName": "scanner", "automountServiceAccountToken": true, "containers": [{"name": "scan", "image": "`+image+`", "args": `+string(args)+`}]}}`)
		var log []byte
		eventually(t, func() (err error) {
			log, err = logOf(t.Context(), c, namespace)
			return err
		})
		_, outside, errs := run(t.Context(), append(scan, "--kubeconfig", c.Kubeconfig())...)
		within, without := countOf(t, log), countOf(t, []byte(outside))
		if within != without || within == 0 {
			t.Errorf("%d findings within, %d from outside (%s)", within, without, errs)
		}
	})
	t.Run("beside the API", func(t *testing.T) {
		// The API shows the same API server as a mirror pod, and the kubelet answers what it runs with, which the file does not say any more.
		dir := t.TempDir()
		file := first.Root + "/var/lib/kubelet/config.yaml"
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		changed := regexp.MustCompile(`(?m)^readOnlyPort:.*\n`).ReplaceAll(src, nil)
		if err := os.WriteFile(file, append(changed, "readOnlyPort: 10255\n"...), 0o600); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.WriteFile(file, src, 0o600) }()
		describe(t, first, dir)
		ids := "apiserver-profiling-enabled,kubelet-read-only-port-open,kubelet-config-effective-mismatch"
		want := []string{"apiserver-profiling-enabled " + first.Name + "/etc/kubernetes/manifests/kube-apiserver.yaml", "kubelet-config-effective-mismatch " + first.Name + "/var/lib/kubelet/config.yaml"}
		if got := verdicts(t, "--cluster", "--kubeconfig", c.Kubeconfig(), "--node-facts", dir, "--control", ids); !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
		for _, v := range verdicts(t, "--cluster", "--kubeconfig", c.Kubeconfig(), "--node-facts", dir, "--layer", "pods,images") {
			if strings.Contains(v, "/manifests/") {
				t.Errorf("a static pod is told beside its mirror: %s", v)
			}
		}
	})
	t.Run("kubelet", func(t *testing.T) {
		dir := t.TempDir()
		const drop = "/etc/kubernetes/kubelet.conf.d/10-bad.conf"
		bad := c.StartNode(t, cluster.NodeOptions{
			Kubelet:       cluster.Flags{"config-dir": "/etc/kubernetes/kubelet.conf.d", "anonymous-auth": "true"},
			KubeletConfig: "authorization: {mode: Webhook}\nreadOnlyPort: 0\n",
			Files:         map[string]string{drop: "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthorization: {mode: AlwaysAllow}\nreadOnlyPort: 10255\n"},
		})
		ids := []string{"kubelet-anonymous-auth-enabled", "kubelet-authorization-always-allow", "kubelet-read-only-port-open"}
		f := describe(t, bad, dir)
		i := slices.IndexFunc(f.Spec.Processes, func(p facts.Process) bool { return p.Component == "kubelet" })
		if i < 0 {
			t.Fatal("no kubelet")
		}
		line := fmt.Sprintf("%s/proc/%d/cmdline", bad.Name, f.Spec.Processes[i].PID)
		want := []string{ids[0] + " " + line, ids[1] + " " + bad.Name + drop, ids[2] + " " + bad.Name + drop}
		if got := findings(t, dir, ids...); !slices.Equal(got, want) {
			t.Errorf("got %q\nwant %q", got, want)
		}
		for _, url := range []string{bad.KubeletURL() + "/pods", bad.ReadOnlyURL() + "/pods"} {
			if code, err := status(t.Context(), url); code != http.StatusOK {
				t.Errorf("%s: %d, %v; want 200", url, code, err)
			}
		}
		// Flags beat the drop-in, and the facts follow what runs.
		bad.RestartKubelet(t, cluster.Flags{"anonymous-auth": "false", "read-only-port": "0", "authorization-mode": "Webhook"})
		describe(t, bad, dir)
		if got := findings(t, dir, ids...); len(got) != 0 {
			t.Errorf("after another start: %q", got)
		}
		if code, err := status(t.Context(), bad.KubeletURL()+"/pods"); code != http.StatusUnauthorized {
			t.Errorf("anonymous: %d, %v; want 401", code, err)
		}
		if code, err := status(t.Context(), bad.ReadOnlyURL()+"/pods"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("the read-only port: %d, %v; want that nobody listens", code, err)
		}
	})
}
