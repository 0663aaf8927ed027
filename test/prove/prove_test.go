// Package prove runs the probes of kubeharden against real clusters: hardened ones, which they have to pass, and bad ones, which have to fail each.
package prove

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/internal/cli"
	"github.com/kubeharden/kubeharden/test/cluster"
)

// result is what a run has to tell.
type result struct {
	code           int
	stdout, stderr string
	findings       []finding
}

type finding struct {
	Control string `json:"control"`
	Status  string `json:"status"`
	Message string `json:"message"`
	Path    string `json:"path"`
	Reason  string `json:"reason"`
	Object  struct {
		Kind, Namespace, Name string
	} `json:"object"`
	Evidence []struct {
		Request  string `json:"request"`
		Response string `json:"response"`
	} `json:"evidence"`
}

// kubeharden runs the command line in this process.
func kubeharden(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Main(t.Context(), cli.Process{
		Args: append([]string{"kubeharden", "prove"}, args...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
		Getenv: func(string) string { return "" }, Now: time.Now,
	})
	r := result{code: code, stdout: stdout.String(), stderr: stderr.String()}
	if slices.Contains(args, "json") {
		r.findings = read(t, stdout.Bytes())
	}
	return r
}

func read(t *testing.T, text []byte) []finding {
	t.Helper()
	var report struct {
		Files []struct {
			Findings []finding `json:"findings"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatalf("%v in\n%.2000s", err, text)
	}
	var all []finding
	for _, f := range report.Files {
		all = append(all, f.Findings...)
	}
	return all
}

// access are the flags that tell a run of everything that a cluster has.
func access(c *cluster.Cluster) []string {
	return []string{
		"--kubeconfig", c.Kubeconfig(), "--etcd-endpoint", c.EtcdURL(), "--etcd-peer-endpoint", c.EtcdPeerURL(), "--etcd-cert", c.EtcdCertFile(),
		"--etcd-key", c.EtcdKeyFile(), "--etcd-cacert", c.EtcdCAFile(), "--audit-log", c.AuditLog(),
		"--audit-policy", c.Path("/etc/kubernetes/audit/policy.yaml"), "--audit-write", "--audit-wait", "5s", "--format", "json",
	}
}

// accounts makes what the controller manager would: no pod is admitted without a service account.
func accounts(t *testing.T, c *cluster.Cluster, more ...string) {
	t.Helper()
	for _, name := range append([]string{"default", "kube-system", "kube-public", "kube-node-lease"}, more...) {
		c.Namespace(t, name)
	}
}

// statuses are those of a control, each once, sorted.
func (r *result) statuses(id string) string {
	var all []string
	for _, f := range r.findings {
		if f.Control == id {
			all = append(all, f.Status)
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// want compares the statuses of controls.
func (r *result) want(t *testing.T, code int, controls map[string]string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit code %d, want %d\n%s", r.code, code, r.stderr)
	}
	for _, f := range r.findings {
		if f.Status != "unknown" && len(f.Evidence) == 0 {
			t.Errorf("no evidence: %+v", f)
		}
		if want, ok := controls[f.Control]; r.code != code && f.Status == "unknown" || ok && want != r.statuses(f.Control) {
			t.Logf("%+v", f)
		}
	}
	for id, want := range controls {
		if got := r.statuses(id); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
}

// nothingLeft holds that no probe has left an object.
func nothingLeft(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	for _, path := range []string{"/api/v1/secrets", "/api/v1/configmaps", "/api/v1/pods"} {
		items, _ := c.Get(t, path)["items"].([]any)
		for _, item := range items {
			name := item.(map[string]any)["metadata"].(map[string]any)["name"].(string)
			if strings.HasPrefix(name, "kubeharden") {
				t.Errorf("%s has %s", path, name)
			}
		}
	}
}

// hardened is what the probes say of a hardened control plane.
func hardened() map[string]string {
	return map[string]string{
		"apiserver-anonymous-auth-enabled": "pass", "etcd-client-cert-auth-disabled": "pass", "etcd-peer-client-cert-auth-disabled": "pass",
		"etcd-plaintext-listen-url": "pass", "etcd-peer-tls-missing": "pass", "apiserver-tls-min-version-too-low": "pass", "apiserver-weak-tls-ciphers": "pass",
		"etcd-weak-tls": "pass", "default-service-account-bound": "pass", "namespace-psa-below-baseline": "not-applicable pass",
		"encryption-provider-config-missing": "pass", "encryption-identity-provider-first": "pass", "encryption-provider-weak": "pass",
		"apiserver-audit-log-path-missing": "pass", "audit-policy-incomplete": "pass",
		// This is no pod.
		"etcd-reachable-from-pods": "unknown", "kubelet-port-reachable-from-pods": "unknown",
	}
}

func TestHardened(t *testing.T) {
	for _, minor := range cluster.Minors() {
		t.Run(minor, func(t *testing.T) {
			c := cluster.Start(t, cluster.Options{Minor: minor})
			accounts(t, c, "shop")
			r := kubeharden(t, append(access(c), "--all")...)
			r.want(t, cli.ExitOK, hardened())
			nothingLeft(t, c)
			for _, f := range r.findings {
				if f.Status == "unknown" && !strings.Contains(f.Reason, "no nodes") && !strings.Contains(f.Reason, "run it in a pod") {
					t.Errorf("unknown: %+v", f)
				}
			}
			named := kubeharden(t, append(access(c), "kubelet-anonymous")...)
			named.want(t, cli.ExitError, map[string]string{"kubelet-anonymous-auth-enabled": "unknown"})
			stranger(t, c)
			dryRun(t, c)
		})
	}
}

// stranger holds that a user who may do nothing learns nothing, and is told which permissions are missing.
func stranger(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	args := append(access(c), "--all", "--namespace", "shop")
	args[1] = c.AsUser(t, "jane")
	r := kubeharden(t, args...)
	r.want(t, cli.ExitError, map[string]string{
		"apiserver-anonymous-auth-enabled": "pass", "default-service-account-bound": "unknown", "namespace-psa-below-baseline": "unknown",
		"encryption-provider-config-missing": "unknown", "kubelet-read-only-port-open": "unknown",
	})
	reasons := ""
	for _, f := range r.findings {
		reasons += f.Reason + "\n"
	}
	for _, want := range []string{"create pods", "create subjectaccessreviews.authorization.k8s.io", "create secrets in namespace default", "nodes cannot be listed"} {
		if !strings.Contains(reasons, want) {
			t.Errorf("no %q in\n%s", want, reasons)
		}
	}
	nothingLeft(t, c)
}

// dryRun holds that --dry-run sends nothing: everything that reaches the API server is in its audit log.
func dryRun(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	r := kubeharden(t, "--all", "--dry-run", "--kubeconfig", c.WithToken(t, "nobody"))
	if r.code != cli.ExitOK || !strings.Contains(r.stdout, "sends nothing now") || !strings.Contains(r.stdout, "encryption-at-rest: Is a Secret encrypted") {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	closed := kubeharden(t, "--all", "--dry-run", "--kubeconfig", unreachable(t))
	if closed.code != cli.ExitOK {
		t.Errorf("a dry run asks the API server: exit %d\n%s", closed.code, closed.stderr)
	}
	if lost := kubeharden(t, "--all", "--request-timeout", "1s", "--kubeconfig", unreachable(t)); lost.code != cli.ExitError || !strings.Contains(lost.stderr, "connection refused") {
		t.Errorf("without an API server: exit %d\n%s", lost.code, lost.stderr)
	}
}

// unreachable is a kubeconfig of an API server that is not there.
func unreachable(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := `{"apiVersion":"v1","kind":"Config","current-context":"x","clusters":[{"name":"x","cluster":{"server":"https://127.0.0.1:1"}}],"contexts":[{"name":"x","context":{"cluster":"x"}}]}`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const identityFirst = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources: [secrets]
  providers:
  - identity: {}
  - secretbox: {keys: [{name: key1, secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}]}
`

// weak are suites of which one is insecure and one is for TLS 1.0: without it nobody could speak that, whatever the lowest version is.
const weak = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"

// TestBad turns off what the probes ask for. Each is a setting that scan finds as well.
func TestBad(t *testing.T) {
	// etcd asks for certificates as soon as it has an authority for them, whatever --client-cert-auth says.
	// https://github.com/etcd-io/etcd/blob/v3.6.0/client/pkg/transport/listener.go (ServerConfig)
	for _, minor := range cluster.Minors() {
		t.Run(minor, func(t *testing.T) {
			c := cluster.Start(t, cluster.Options{
				Minor: minor, Mirror: true,
				Etcd: cluster.Flags{
					"client-cert-auth": "false", "trusted-ca-file": cluster.Remove, "peer-client-cert-auth": "false", "peer-trusted-ca-file": cluster.Remove,
					"cipher-suites": weak,
				},
				APIServer: cluster.Flags{
					"authentication-config": cluster.Remove, "anonymous-auth": "true", "admission-control-config-file": cluster.Remove,
					"enable-admission-plugins": "NodeRestriction",
					"tls-min-version":          "VersionTLS10", "tls-cipher-suites": weak,
				},
				Files: map[string]string{"/etc/kubernetes/encryption/config.yaml": identityFirst},
			})
			accounts(t, c, "shop")
			c.Apply(t, `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules: [{apiGroups: [""], resources: [secrets, pods], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: default, namespace: shop}]
---
apiVersion: v1
kind: Namespace
metadata: {name: closed, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: closed}
`)
			// The policy that is promised asks for more than the one that the API server has.
			promise := filepath.Join(t.TempDir(), "policy.yaml")
			if err := os.WriteFile(promise, []byte("apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Request}]\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			args := access(c)
			args[slices.Index(args, "--audit-policy")+1] = promise
			r := kubeharden(t, append(args, "--all")...)
			r.want(t, cli.ExitError, map[string]string{ // the kubelet of the mirrored node is not there
				"apiserver-anonymous-auth-enabled": "fail pass", "etcd-client-cert-auth-disabled": "fail", "etcd-peer-client-cert-auth-disabled": "fail",
				"etcd-plaintext-listen-url": "pass", "apiserver-tls-min-version-too-low": "fail", "apiserver-weak-tls-ciphers": "fail", "etcd-weak-tls": "fail pass",
				"default-service-account-bound": "fail pass", "namespace-psa-below-baseline": "fail not-applicable pass",
				"encryption-identity-provider-first": "fail", "encryption-provider-config-missing": "", "encryption-provider-weak": "",
				"apiserver-audit-log-path-missing": "pass", "audit-policy-incomplete": "fail", "kubelet-anonymous-auth-enabled": "unknown",
			})
			for _, f := range r.findings {
				switch {
				case f.Control == "default-service-account-bound" && (f.Status == "fail") != (f.Object.Namespace == "shop"),
					f.Control == "namespace-psa-below-baseline" && (f.Status == "pass") != (f.Object.Name == "closed"):
					t.Errorf("%+v", f)
				}
			}
			nothingLeft(t, c)
			one := kubeharden(t, append(access(c), "api-anonymous")...)
			one.want(t, cli.ExitFindings, map[string]string{"apiserver-anonymous-auth-enabled": "fail pass"})
			// The pods of the control plane say where etcd is.
			found := kubeharden(t, "etcd-no-client-certificate", "--kubeconfig", c.Kubeconfig(), "--format", "json")
			found.want(t, cli.ExitFindings, map[string]string{"etcd-client-cert-auth-disabled": "fail", "etcd-peer-client-cert-auth-disabled": "fail"})
		})
	}
}

// TestAdmissionPolicies holds that what denies is named as real API servers say it, in namespaces without any label.
func TestAdmissionPolicies(t *testing.T) {
	for _, minor := range cluster.Minors() {
		t.Run(minor, func(t *testing.T) {
			c := cluster.Start(t, cluster.Options{
				Minor:                 minor,
				APIServer:             cluster.Flags{"admission-control-config-file": cluster.Remove, "enable-admission-plugins": "NodeRestriction"},
				WithControllerManager: true, // it counts what quotas are for
			})
			accounts(t, c, "policy", "nothing", "full")
			c.Apply(t, `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-node-access}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations:
  - expression: "!object.spec.?hostNetwork.orValue(false) && object.spec.containers.all(c, !c.?securityContext.?privileged.orValue(false))"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-node-access}
spec:
  policyName: no-node-access
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: policy}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: nothing-at-all}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  validations: [{expression: "false"}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: nothing-at-all}
spec:
  policyName: nothing-at-all
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: nothing}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: none, namespace: full}
spec: {hard: {pods: "0"}}
`)
			want := map[string]string{
				"policy":  "pass: privileged pods, and pods with hostPath, hostNetwork and hostPID, are denied by ValidatingAdmissionPolicy no-node-access",
				"nothing": "unknown: whether privileged pods are admitted could not be proven", "full": "unknown: whether privileged pods are admitted could not be proven",
				"default": "fail: admits privileged pods and pods with hostPath, hostNetwork and hostPID",
			}
			var got map[string]string
			// An API server takes a moment until it has seen a new policy, and the controller until it has counted.
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(200 * time.Millisecond) {
				r := kubeharden(t, "admission-privileged-pod", "--namespace", "policy,nothing,full,default", "--kubeconfig", c.Kubeconfig(), "--format", "json")
				got = map[string]string{}
				for _, f := range r.findings {
					got[f.Object.Name] = f.Status + ": " + f.Message
				}
				if maps.Equal(got, want) || time.Now().After(deadline) {
					break
				}
			}
			if !maps.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			nothingLeft(t, c)
		})
	}
}

// TestPlaintextEtcd holds that an etcd without TLS fails, and that what it stores can be read there.
func TestPlaintextEtcd(t *testing.T) {
	c := cluster.Start(t, cluster.Options{
		Etcd: cluster.Flags{
			"listen-client-urls": "http://127.0.0.1:2379", "advertise-client-urls": "http://127.0.0.1:2379", "cert-file": cluster.Remove, "key-file": cluster.Remove,
			"client-cert-auth": cluster.Remove, "trusted-ca-file": cluster.Remove,
		},
		APIServer: cluster.Flags{
			"etcd-servers": "http://127.0.0.1:2379", "etcd-cafile": cluster.Remove, "etcd-certfile": cluster.Remove, "etcd-keyfile": cluster.Remove,
			"audit-log-path": cluster.Remove, "encryption-provider-config": cluster.Remove,
		},
	})
	// There is a file, but nobody writes it.
	log := filepath.Join(t.TempDir(), "audit.log")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := kubeharden(t, "etcd-plaintext", "etcd-no-client-certificate", "encryption-at-rest", "audit", "--kubeconfig", c.Kubeconfig(), "--etcd-endpoint", c.EtcdURL(),
		"--etcd-peer-endpoint", c.EtcdPeerURL(), "--audit-log", log, "--audit-wait", "2s", "--format", "json")
	r.want(t, cli.ExitFindings, map[string]string{
		"etcd-plaintext-listen-url": "fail", "etcd-peer-tls-missing": "pass", "etcd-client-cert-auth-disabled": "fail", "etcd-peer-client-cert-auth-disabled": "pass",
		"encryption-provider-config-missing": "fail", "apiserver-audit-log-path-missing": "fail",
	})
	nothingLeft(t, c)
}

// TestDefaults is a control plane as kubeadm leaves it.
func TestDefaults(t *testing.T) {
	c := cluster.Start(t, cluster.Options{Defaults: true})
	accounts(t, c)
	r := kubeharden(t, "--all", "--kubeconfig", c.Kubeconfig(), "--etcd-endpoint", c.EtcdURL(), "--etcd-peer-endpoint", c.EtcdPeerURL(), "--etcd-cert", c.EtcdCertFile(),
		"--etcd-key", c.EtcdKeyFile(), "--etcd-cacert", c.EtcdCAFile(), "--format", "json")
	r.want(t, cli.ExitFindings, map[string]string{
		"apiserver-anonymous-auth-enabled": "fail pass", "etcd-client-cert-auth-disabled": "pass", "etcd-peer-client-cert-auth-disabled": "pass",
		"etcd-plaintext-listen-url": "pass", "apiserver-tls-min-version-too-low": "pass", "apiserver-weak-tls-ciphers": "pass", "etcd-weak-tls": "pass",
		"default-service-account-bound": "pass", "namespace-psa-below-baseline": "fail not-applicable", "encryption-provider-config-missing": "fail",
		"apiserver-audit-log-path-missing": "unknown",
	})
	if !strings.Contains(r.stderr, "because an option was not given") {
		t.Errorf("it is not told what was not proven:\n%s", r.stderr)
	}
}

// binary builds the program, for tests that kill it or run it in a pod.
func binary(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "kubeharden")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", name, "../../cmd/kubeharden")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0") // for any image
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

// holding is a way to etcd that lets the first connection through and keeps the others waiting, so that a canary is there for as long as one likes.
func holding(t *testing.T, to string) (address string, held <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	waiting := make(chan struct{}, 16)
	go func() {
		for n := 0; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			if n > 0 {
				waiting <- struct{}{}
				continue
			}
			go func() {
				defer conn.Close()
				etcd, err := net.Dial("tcp", to)
				if err != nil {
					return
				}
				defer etcd.Close()
				go func() { _, _ = io.Copy(etcd, conn) }()
				_, _ = io.Copy(conn, etcd)
			}()
		}
	}()
	return l.Addr().String(), waiting
}

// canaries are the canaries that are there.
func canaries(t *testing.T, c *cluster.Cluster) int {
	t.Helper()
	items, _ := c.Get(t, "/api/v1/secrets?labelSelector=kubeharden.io/canary%3Dtrue")["items"].([]any)
	return len(items)
}

// TestKilled kills the program while its canary is there.
func TestKilled(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such signals")
	}
	c := cluster.Start(t, cluster.Options{})
	program := binary(t)
	start := func(t *testing.T, more ...string) (*exec.Cmd, *bytes.Buffer, <-chan struct{}) {
		t.Helper()
		address, held := holding(t, strings.TrimPrefix(c.EtcdURL(), "https://"))
		args := access(c)
		args[slices.Index(args, "--etcd-endpoint")+1] = "https://" + address
		cmd := exec.Command(program, append(append([]string{"prove", "encryption-at-rest", "--request-timeout", "20s"}, args...), more...)...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill() })
		return cmd, &stderr, held
	}
	code := func(err error) int {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return exit.ExitCode()
		}
		return 0
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd, stderr, held := start(t)
			<-held
			if n := canaries(t, c); n != 1 {
				t.Errorf("%d canaries while the probe waits for etcd", n)
			}
			_ = cmd.Process.Signal(signal)
			err := cmd.Wait()
			if code(err) != cli.ExitError || !strings.Contains(stderr.String(), "interrupted") || canaries(t, c) != 0 {
				t.Errorf("%v, %d canaries\n%s", err, canaries(t, c), stderr)
			}
		})
	}
	t.Run("deadline", func(t *testing.T) {
		cmd, stderr, _ := start(t, "--deadline", "2s")
		if err := cmd.Wait(); code(err) != cli.ExitError || canaries(t, c) != 0 {
			t.Errorf("%v, %d canaries\n%s", err, canaries(t, c), stderr)
		}
	})
	t.Run("killed", func(t *testing.T) {
		cmd, _, held := start(t)
		<-held
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if n := canaries(t, c); n != 1 {
			t.Fatalf("%d canaries: the test does not test", n)
		}
		r := kubeharden(t, "--clean-up", "--kubeconfig", c.Kubeconfig())
		if r.code != cli.ExitOK || !strings.HasPrefix(r.stdout, "deleted secrets default/kubeharden-canary-") || canaries(t, c) != 0 {
			t.Errorf("exit %d, %d canaries\n%s%s", r.code, canaries(t, c), r.stdout, r.stderr)
		}
		if r := kubeharden(t, "--clean-up", "--kubeconfig", c.Kubeconfig()); r.stdout != "no canaries are left\n" {
			t.Errorf("%s%s", r.stdout, r.stderr)
		}
	})
	t.Run("the API server is killed", func(t *testing.T) {
		cmd, stderr, held := start(t, "--request-timeout", "2s")
		<-held
		c.Kill(t, cluster.APIServer)
		err := cmd.Wait()
		if code(err) != cli.ExitError || !strings.Contains(stderr.String(), "could not be deleted, and has to be") {
			t.Errorf("%v\n%s", err, stderr)
		}
		c.Restart(t, cluster.APIServer, nil)
		if n := canaries(t, c); n != 1 {
			t.Fatalf("%d canaries: the test does not test", n)
		}
		if r := kubeharden(t, "--clean-up", "--kubeconfig", c.Kubeconfig()); r.code != cli.ExitOK || canaries(t, c) != 0 {
			t.Errorf("exit %d, %d canaries\n%s%s", r.code, canaries(t, c), r.stdout, r.stderr)
		}
	})
	t.Run("anywhere", func(t *testing.T) {
		for n := range 12 {
			ctx, cancel := context.WithCancel(t.Context())
			cmd := exec.CommandContext(ctx, program, append([]string{"prove", "encryption-at-rest", "audit", "admission-privileged-pod"}, access(c)...)...)
			cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
			cmd.WaitDelay = 30 * time.Second
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(20+n*25) * time.Millisecond)
			cancel()
			err := cmd.Wait()
			nothingLeft(t, c)
			t.Log("ended after ", strconv.Itoa(20+n*25), "ms: ", err)
		}
	})
}

// TestNode asks kubelets of real nodes, a hardened one and two bad ones.
func TestNode(t *testing.T) {
	cluster.SkipWithoutNode(t)
	for name, n := range map[string]struct {
		options cluster.NodeOptions
		want    map[string]string
		code    int
	}{
		"hardened": {cluster.NodeOptions{}, map[string]string{
			"kubelet-anonymous-auth-enabled": "pass", "kubelet-read-only-port-open": "pass", "kubelet-tls-min-version-too-low": "pass", "kubelet-weak-tls-ciphers": "pass",
		}, cli.ExitOK},
		"open": {cluster.NodeOptions{KubeletConfig: "authentication: {anonymous: {enabled: true}}\nauthorization: {mode: AlwaysAllow}\nreadOnlyPort: 10255\n" +
			"tlsMinVersion: VersionTLS10\ntlsCipherSuites: [" + weak + "]\n"}, map[string]string{
			"kubelet-anonymous-auth-enabled": "fail", "kubelet-read-only-port-open": "fail", "kubelet-tls-min-version-too-low": "fail", "kubelet-weak-tls-ciphers": "fail",
		}, cli.ExitFindings},
		"anonymous, but authorized": {cluster.NodeOptions{KubeletConfig: "authentication: {anonymous: {enabled: true}}\n"}, map[string]string{
			"kubelet-anonymous-auth-enabled": "fail", "kubelet-read-only-port-open": "pass",
		}, cli.ExitFindings},
	} {
		t.Run(name, func(t *testing.T) {
			c := cluster.Start(t, cluster.Options{Node: &n.options})
			args := append(access(c), "kubelet-anonymous", "kubelet-read-only-port", "tls-versions")
			r := kubeharden(t, args...)
			r.want(t, n.code, n.want)
			if name != "hardened" {
				return
			}
			// Here nothing is missing: every question has an answer, but those that only a pod can ask.
			all := kubeharden(t, append(access(c), "--all")...)
			want := hardened()
			maps.Copy(want, n.want)
			all.want(t, cli.ExitOK, want)
			for _, f := range all.findings {
				if f.Status == "unknown" && !strings.Contains(f.Reason, "run it in a pod") {
					t.Errorf("unknown: %+v", f)
				}
			}
			nothingLeft(t, c)
			fromPods(t, c)
		})
	}
}

// fromPods runs the program in pods: one as any other, and one that is the node itself.
func fromPods(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	const image, namespace = "registry.example.com/kubeharden:test", "probing"
	c.AddImage(t, image, binary(t), "/kubeharden")
	c.Namespace(t, namespace)
	c.Apply(t, `apiVersion: v1
kind: Namespace
metadata: {name: probing, labels: {pod-security.kubernetes.io/enforce: privileged}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: probing}
rules: [{apiGroups: [""], resources: [nodes, pods], verbs: [list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: probing}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: probing}
subjects: [{kind: ServiceAccount, name: default, namespace: probing}]
`)
	// Of the two ports of etcd that for members is not on loopback. Nothing listens on these ports of the node.
	etcd, node := c.EtcdPeerURL(), c.Node(t).Address
	closed := []string{"--node-address", net.JoinHostPort(node, "10251"), "--etcd-endpoint", net.JoinHostPort(node, "10252")}
	for _, pod := range []struct {
		name, spec string
		args       []string
		want       map[string]string
	}{
		{"any", "", []string{"--etcd-endpoint", etcd}, map[string]string{"etcd-reachable-from-pods": "fail", "kubelet-port-reachable-from-pods": "fail"}},
		{"closed", "", closed, map[string]string{"etcd-reachable-from-pods": "pass", "kubelet-port-reachable-from-pods": "pass"}},
		{"host", `"hostNetwork": true, `, nil, map[string]string{"etcd-reachable-from-pods": "unknown", "kubelet-port-reachable-from-pods": "unknown"}},
	} {
		args, err := json.Marshal(append([]string{"prove", "ports-from-pods", "--quiet", "--format", "json"}, pod.args...))
		if err != nil {
			t.Fatal(err)
		}
		c.Apply(t, `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "`+pod.name+`", "namespace": "`+namespace+`"}, "spec": {`+pod.spec+`"restartPolicy": "Never",
			"tolerations": [{"operator": "Exists"}], "automountServiceAccountToken": true, "containers": [{"name": "prove", "image": "`+image+`", "args": `+string(args)+`}]}}`)
		r := result{findings: read(t, logOf(t, c, namespace, pod.name))}
		r.want(t, 0, pod.want)
	}
}

// logOf is the log of a pod, as soon as that has said all.
func logOf(t *testing.T, c *cluster.Cluster, namespace, pod string) []byte {
	t.Helper()
	path := "/api/v1/namespaces/" + namespace + "/pods/" + pod
	for limit := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		log, err := c.Do(t.Context(), http.MethodGet, path+"/log", "", nil)
		if err == nil && log.Status == http.StatusOK && json.Valid(log.Body) {
			return log.Body
		}
		if time.Now().After(limit) {
			t.Fatalf("%v %+v; the pod is %v", err, log, c.Get(t, path)["status"])
		}
	}
}

// TestSecretsFromBefore turns encryption on while there are Secrets, writes them again, and then changes the key.
func TestSecretsFromBefore(t *testing.T) {
	for _, minor := range cluster.Minors() {
		t.Run(minor, func(t *testing.T) {
			c := cluster.Start(t, cluster.Options{Minor: minor, APIServer: cluster.Flags{"encryption-provider-config": cluster.Remove}})
			accounts(t, c, "shop")
			secret := func(name string) {
				c.Apply(t, `{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "`+name+`", "namespace": "shop"}, "stringData": {"password": "hunter2"}}`)
			}
			ask := func(code int, status, message string) {
				t.Helper()
				r := kubeharden(t, append(access(c), "encryption-at-rest")...)
				r.want(t, code, map[string]string{"encryption-existing-secrets-not-rewritten": status})
				if !strings.Contains(r.stdout, message) || strings.Contains(r.stdout, "hunter2") {
					t.Errorf("no %q in\n%s", message, r.stdout)
				}
				nothingLeft(t, c)
			}
			rewrite := func(name string) {
				path := "/api/v1/namespaces/shop/secrets/" + name
				body, err := json.Marshal(c.Get(t, path))
				if err != nil {
					t.Fatal(err)
				}
				if r, err := c.Do(t.Context(), http.MethodPut, path, "application/json", body); err != nil || r.Status != http.StatusOK {
					t.Fatalf("%v %+v", err, r)
				}
			}
			secret("old")
			ask(cli.ExitFindings, "not-applicable", "no Secret is encrypted, nor are those that are written now")

			config := c.Path("/etc/kubernetes/encryption/config.yaml")
			c.Restart(t, cluster.APIServer, cluster.Flags{"encryption-provider-config": config})
			ask(cli.ExitFindings, "fail", "1 Secret (shop/old) of 1 stored in plain text, from before encryption was turned on")
			secret("new")
			ask(cli.ExitFindings, "fail", "1 Secret (shop/old) of 2 stored in plain text, from before encryption was turned on")
			rewrite("old")
			ask(cli.ExitOK, "pass", "2 Secrets stored, encrypted all with secretbox:v1:key1")

			text, err := os.ReadFile(config)
			if err != nil {
				t.Fatal(err)
			}
			next := strings.Replace(string(text), "      keys:\n", "      keys:\n      - name: key2\n        secret: MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=\n", 1)
			if err := os.WriteFile(config, []byte(next), 0o600); err != nil {
				t.Fatal(err)
			}
			c.Restart(t, cluster.APIServer, nil)
			rewrite("new")
			ask(cli.ExitFindings, "fail", "1 Secret (shop/old) of 2 encrypted with another key than secretbox:v1:key2, which writes now")
			rewrite("old")
			ask(cli.ExitOK, "pass", "2 Secrets stored, encrypted all with secretbox:v1:key2")
		})
	}
}
