package components_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/node"
	collect "github.com/kubeharden/kubeharden/source/node"
	"github.com/kubeharden/kubeharden/test/cluster"
)

// worker is a node that runs.
type worker struct {
	host
	*cluster.Node
	config string // the kubelet's configuration file as it was
}

// nodeFacts describes a node as kubeharden does that sees its root file system and its /proc.
func nodeFacts(t *testing.T, n *cluster.Node) *node.Facts {
	t.Helper()
	facts, err := collect.Collect(t.Context(), &collect.Options{Root: n.Root, Proc: filepath.Join(n.Root, "proc"), Name: n.Name, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range facts.Spec.Problems {
		if !slices.Equal(p.Affects, []string{node.PartSecurityModules}) { // a container does not see them
			t.Errorf("the facts have a problem: %s: %s", p.Path, p.Reason)
		}
	}
	return facts
}

// kubeletFields are bad settings of the kubelet that no flag makes.
func kubeletFields() []*badCase {
	field := func(config string, controls ...string) *badCase {
		return &badCase{controls: controls, kind: component.Kubelet, args: config, special: special{config: config}}
	}
	return []*badCase{
		field("enableProfilingHandler: true", "kubelet-profiling-handler-enabled"),
		field("enableDebugFlagsHandler: true", "kubelet-profiling-handler-enabled"),
		field("imagePullCredentialsVerificationPolicy: NeverVerify", "kubelet-image-credential-verification-off"),
	}
}

func testNode(t *testing.T, s *shown) {
	c := cluster.Start(t, cluster.Options{Node: &cluster.NodeOptions{
		// Nobody needs to look into pods here.
		KubeletConfig: "enableDebuggingHandlers: false",
		Files: map[string]string{
			"/usr/lib/systemd/system/kubelet.service.d/90-addresses.conf": "[Service]\nIPAddressDeny=any\nIPAddressAllow=localhost 198.18.0.0/15\n",
			"/etc/kubernetes/proxy.conf":                                  strings.Replace(proxyKubeconfig, "ADDRESS", "https://192.0.2.10:6443", 1),
		},
	}})
	n := c.Node(t)
	config, err := os.ReadFile(n.Path("var/lib/kubelet/config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(n.Path("etc/cni/net.d/10-bed.conflist"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &worker{
		host: host{
			// Nobody changes this machine's kernel for a test, and its modules are not seen in a container.
			s: s, known: []string{"node-kernel-hardening-missing", "node-mac-disabled"},
			facts: func(t *testing.T) *node.Facts { return nodeFacts(t, n) },
			path: func(file string) string {
				// The link /var/run would lead to this machine's /run.
				if strings.HasPrefix(file, "/var/run/") {
					file = strings.TrimPrefix(file, "/var")
				}
				return filepath.Join(n.Root, file)
			},
		},
		Node: n, config: string(config),
	}
	w.testSystem(t)
	v := w.look(t)
	judge(t, s, v, w.known)
	s.passesIn(v)
	w.testFiles(t)
	w.testUnit(t)
	w.testPrograms(t)
	w.testKubeletSources(t, c)
	w.testNotStartedAgain(t, c)
	w.testTLS(t)
	here := strings.NewReplacer("0.0.0.0", c.Address(), "10.0.0.4", c.Address(), "=node-1", "="+n.Name)
	for _, b := range append(s.prepare(component.Kubelet), kubeletFields()...) {
		err := w.kubelet(t, b.special.deaf != "", applied(nil, here, b), b.special.config)
		switch {
		case b.special.refused != "":
			refused(t, s, b, err)
			continue
		case b.special.deaf != "":
			eventually(t, func() error {
				if code := asServer(t, c, n.KubeletURL()+"/healthz"); err == nil || code != http.StatusUnauthorized {
					return fmt.Errorf("%s: %w; the kubelet answers %d to the API server", b.name(), err, code)
				}
				return nil
			})
		case err != nil:
			t.Errorf("%s: %v", b.name(), err)
			continue
		}
		judge(t, s, w.look(t), w.known, b)
	}
}

// kubelet starts the kubelet with some flags and some changes of its configuration file, and nothing else changed.
func (w *worker) kubelet(t *testing.T, deaf bool, flags cluster.Flags, config string) error {
	t.Helper()
	if err := os.WriteFile(w.Path("var/lib/kubelet/config.yaml"), []byte(w.config), 0o600); err != nil {
		t.Fatal(err)
	}
	if config != "" {
		w.Configure(t, config)
	}
	limit := time.Minute
	if deaf {
		limit = 3 * time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	return w.TryKubelet(ctx, undoFlags(base(), w.Flags(), flags))
}

// testNotStartedAgain is about a file that was changed while the kubelet goes on as before.
func (w *worker) testNotStartedAgain(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	const id = "kubelet-config-effective-mismatch"
	if err := w.kubelet(t, false, nil, "enableDebuggingHandlers: true"); err != nil {
		t.Fatal(err)
	}
	together := func() *verdict {
		dir := t.TempDir()
		var b strings.Builder
		if err := w.facts(t).Write(&b); err != nil {
			t.Fatal(err)
		}
		copied(t, b.String(), filepath.Join(dir, "node.json"))
		return scan(t, "--cluster", "--kubeconfig", c.Kubeconfig(), "--node-facts", dir, "--layer", "cluster")
	}
	v := together()
	if !v.passed(id) {
		t.Errorf("%s does not pass: %+v", id, v.findings[id])
	}
	w.s.passesIn(v)
	file := w.Path("var/lib/kubelet/config.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	undo := written(t, file, strings.Replace(string(text), "readOnlyPort: 0", "readOnlyPort: 10255", 1), 0o600)
	defer undo()
	v = together()
	if f := v.findings[id]; len(f) != 1 || f[0].Status != "fail" || !strings.HasPrefix(f[0].Message, "readOnlyPort is 10255 here") {
		t.Errorf("%s: %+v", id, f)
		return
	}
	if code, body := unknown(t, w.ReadOnlyURL()+"/healthz"); code != 0 {
		t.Errorf("the read-only port: %d %s; nobody opened it yet", code, body)
	}
	w.s.fails(id)
}

// asServer asks a kubelet as the API server does; 0 is that it does not answer.
func asServer(t *testing.T, c *cluster.Cluster, url string) int {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(c.KubeletClient())
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{cert}}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(req)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// base are the flags of the kubelet as kubeadm's unit has them.
func base() cluster.Flags {
	return cluster.Flags{
		"bootstrap-kubeconfig": "/etc/kubernetes/bootstrap-kubelet.conf", "kubeconfig": "/etc/kubernetes/kubelet.conf", "config": "/var/lib/kubelet/config.yaml",
	}
}

// testSystem is about the operating system, which says of itself what it is.
func (w *worker) testSystem(t *testing.T) {
	t.Helper()
	known := append([]string{"node-general-purpose-os"}, w.known...)
	release := filepath.Join(w.Root, "etc/os-release")
	write := func(text string) {
		t.Helper()
		if err := os.RemoveAll(release); err != nil {
			t.Fatal(err)
		}
		copied(t, text, release)
	}
	write("ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n")
	judge(t, w.s, w.look(t), known, &badCase{controls: []string{"node-general-purpose-os"}, args: "Debian"})
	write("ID=bottlerocket\nVERSION_ID=1.26.0\nVARIANT_ID=metal-k8s-1.33\nPRETTY_NAME=\"Bottlerocket OS 1.26.0\"\n")
}

// testUnit is about the unit of the kubelet.
func (w *worker) testUnit(t *testing.T) {
	t.Helper()
	undo := written(t, filepath.Join(w.Root, "usr/lib/systemd/system/kubelet.service.d/90-addresses.conf"), "[Service]\nIPAddressAllow=any\n", 0o600)
	judge(t, w.s, w.look(t), w.known, &badCase{controls: []string{"kubelet-ip-address-deny-missing"}, args: "IPAddressAllow=any"})
	undo()
}

// testPrograms is about programs that have no business on a node, and about files that let too much through.
func (w *worker) testPrograms(t *testing.T) {
	t.Helper()
	stop := w.Imitate(t, "/usr/local/sbin/sshd", "serve", ":22")
	judge(t, w.s, w.look(t), w.known, &badCase{controls: []string{"node-sshd-running"}, args: "sshd"})
	stop()
	stop = w.Imitate(t, "/usr/local/bin/kubectl", "proxy", "--address=0.0.0.0", "--accept-hosts=.*")
	judge(t, w.s, w.look(t), w.known, &badCase{controls: []string{"kubectl-proxy-exposed"}, args: "kubectl proxy"})
	stop()
	for _, test := range []struct{ control, file, old, new string }{
		{"kubeconfig-skips-tls", "etc/kubernetes/proxy.conf", "certificate-authority: /etc/kubernetes/pki/ca.crt", "insecure-skip-tls-verify: true"},
		{"node-container-runtime-config-weak", "etc/containerd/config.toml", "restrict_oom_score_adj = true", "disable_apparmor = true\n  restrict_oom_score_adj = true"},
		{"component-config-invalid", "var/lib/kubelet/config.yaml", "eventRecordQPS: 50", "eventRecordQPs: 50"},
	} {
		file := w.Path(test.file)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bad := strings.Replace(string(text), test.old, test.new, 1)
		if bad == string(text) {
			t.Fatalf("%s has no %s", test.file, test.old)
		}
		undo := written(t, file, bad, 0o600)
		if test.control == "component-config-invalid" {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			err := w.TryKubelet(ctx, nil)
			cancel()
			// It warns, and goes by what it understands.
			if err != nil || !regexp.MustCompile(`unknown field .{1,2}eventRecordQPs`).MatchString(w.Logs(t, cluster.Kubelet)) {
				t.Errorf("the kubelet with a field that it does not have: %v", err)
			}
		}
		judge(t, w.s, w.look(t), w.known, &badCase{controls: []string{test.control}, args: test.new})
		undo()
	}
}

const proxyKubeconfig = `apiVersion: v1
kind: Config
clusters:
- name: default
  cluster: {certificate-authority: /etc/kubernetes/pki/ca.crt, server: "ADDRESS"}
users:
- name: default
  user: {tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token}
contexts:
- name: default
  context: {cluster: default, user: default}
current-context: default
`
