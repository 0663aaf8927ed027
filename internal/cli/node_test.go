package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/internal/cli"
)

// program runs the command line in this process, on the first day of 2026.
func program(t *testing.T, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return programUntil(t.Context(), stdin, args...)
}

func programUntil(ctx context.Context, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	code = cli.Main(ctx, cli.Process{
		Args: append([]string{"kubeharden"}, args...), Stdin: stdin, Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" },
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) },
	})
	return code, out.String(), errs.String()
}

// verdict is a finding of a report.
type verdict struct {
	Control, Status, Message, Path string
	Place                          struct {
		File string
		Line int
	}
}

// judge scans and returns what is not waived, as "control status file:line".
func judge(t *testing.T, stdin io.Reader, args ...string) (code int, all []verdict) {
	t.Helper()
	code, out, errs := program(t, stdin, append([]string{"scan", "--no-config", "--format", "json"}, args...)...)
	var report struct {
		Files []struct {
			Findings []json.RawMessage
			Problems []struct{ Message string }
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("%v\n%s%s", err, out, errs)
	}
	for _, f := range report.Files {
		for _, p := range f.Problems {
			t.Errorf("problem: %s", p.Message)
		}
		for _, raw := range f.Findings {
			var v verdict
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			all = append(all, v)
		}
	}
	return code, all
}

func namesOf(all []verdict) []string {
	set := map[string]bool{}
	for _, v := range all {
		name := v.Control
		if v.Status != "fail" {
			name += " " + v.Status
		}
		set[name] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// nodeControls are the controls on facts of nodes.
func nodeControls() string {
	var ids []string
	for _, c := range controls.All() {
		if c.Judges(control.Kind{Group: "kubeharden.io", Kind: "NodeFacts"}) && c.Scope == control.Objects {
			ids = append(ids, c.ID)
		}
	}
	return strings.Join(ids, ",")
}

// hardenedNode makes the root of a node of kubeadm on which everything is as it should be, as far as files and /proc say. It belongs to whoever
// runs the test, so owners are tried elsewhere.
func hardenedNode(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	kubeconfig := "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://10.0.0.1:6443', certificate-authority: /etc/kubernetes/pki/ca.crt}}]\nusers: []\n"
	pod := func(name, more string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata:\n  name: " + name + "\n  namespace: kube-system\nspec:\n  containers:\n  - name: " + name + "\n    image: registry.k8s.io/" + name +
			":v1.37.2\n    command:\n    - " + name + "\n" + more
	}
	for name, content := range map[string]string{
		"etc/os-release":                     "ID=flatcar\nVERSION_ID=4459.2.1\nPRETTY_NAME=Flatcar\n",
		"etc/hostname":                       "node-a\n",
		"etc/systemd/system/kubelet.service": "[Service]\nExecStart=/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --kubeconfig=/etc/kubernetes/kubelet.conf\nIPAddressDeny=any\nIPAddressAllow=localhost 10.0.0.0/8\n",
		"var/lib/kubelet/config.yaml":        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication:\n  anonymous:\n    enabled: false\n  x509:\n    clientCAFile: /etc/kubernetes/pki/ca.crt\nreadOnlyPort: 0\n",
		"etc/kubernetes/kubelet.conf":        kubeconfig, "etc/kubernetes/admin.conf": kubeconfig, "etc/kubernetes/scheduler.conf": kubeconfig,
		"etc/kubernetes/controller-manager.conf": kubeconfig, "var/lib/kube-proxy/kubeconfig": kubeconfig,
		"etc/kubernetes/manifests/kube-apiserver.yaml": pod("kube-apiserver", "    - --audit-policy-file=/etc/kubernetes/audit/policy.yaml\n    - --audit-log-path=/var/log/kubernetes/audit.log\n    - --encryption-provider-config=/etc/kubernetes/encryption/config.yaml\n"+
			"    volumeMounts: [{name: a, mountPath: /etc/kubernetes}, {name: l, mountPath: /var/log}]\n  volumes: [{name: a, hostPath: {path: /etc/kubernetes}}, {name: l, hostPath: {path: /var/log}}]\n"),
		"etc/kubernetes/manifests/kube-controller-manager.yaml": pod("kube-controller-manager", ""),
		"etc/kubernetes/manifests/kube-scheduler.yaml":          pod("kube-scheduler", ""),
		"etc/kubernetes/manifests/etcd.yaml":                    pod("etcd", ""),
		"etc/kubernetes/audit/policy.yaml":                      "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n",
		"etc/kubernetes/encryption/config.yaml":                 "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: [{resources: [secrets], providers: [{kms: {apiVersion: v2, name: a, endpoint: 'unix:///run/kms.sock'}}, {identity: {}}]}]\n",
		"etc/kubernetes/pki/ca.crt":                             "", "etc/kubernetes/pki/ca.key": "", "var/log/kubernetes/audit.log": "",
		"etc/cni/net.d/10-net.conflist": "{}", "etc/containerd/config.toml": "version = 3\n",
		"proc/900/cmdline": "sleep\x00", "proc/1/cmdline": "/sbin/init\x00", "proc/1/mountinfo": "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n", "proc/1/net/tcp": "sl\n", "proc/1/net/udp": "sl\n",
		"proc/800/cmdline": "/usr/bin/kubelet\x00--config=/var/lib/kubelet/config.yaml\x00--kubeconfig=/etc/kubernetes/kubelet.conf\x00",
		"proc/800/environ": "", "proc/800/status": "Uid:\t0\t0\t0\t0\n", "proc/900/status": "Uid:\t0\t0\t0\t0\n",
		"proc/sys/kernel/osrelease": "6.18.3-flatcar\n", "proc/sys/kernel/kptr_restrict": "2\n", "proc/sys/fs/protected_symlinks": "1\n",
		"sys/kernel/security/lsm": "capability,selinux\n", "sys/fs/selinux/enforce": "1\n",
	} {
		plant(t, filepath.Join(root, filepath.FromSlash(name)), content)
	}
	for _, pid := range []string{"1", "800", "900"} {
		link(t, "mnt:[1]", filepath.Join(root, "proc", pid, "ns", "mnt"))
	}
	if err := os.MkdirAll(filepath.Join(root, "var/lib/etcd/member"), 0o700); err != nil {
		t.Fatal(err)
	}
	chmod(t, filepath.Join(root, "var/lib/etcd"), 0o700)
	return root
}

func plant(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, target, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, file); err != nil {
		t.Fatal(err)
	}
}

func chmod(t *testing.T, file string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(file, mode); err != nil {
		t.Fatal(err)
	}
}

// facts describes a root into a new folder, and wants that to be whole.
func facts(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	if code, out, errs := program(t, nil, "node", "--root", root, "--out", filepath.Join(dir, "node-a.json")); code != cli.ExitOK {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	return dir
}

// TestNodeControls: one thing at a time is changed on the disk of a hardened node, and just the control on it fails.
func TestNodeControls(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes and owners are those of Unix")
	}
	root := os.Getuid() == 0
	mode := func(file string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, root string) { chmod(t, filepath.Join(root, file), mode) }
	}
	owner := func(file string) func(*testing.T, string) {
		return func(t *testing.T, root string) {
			if err := os.Chown(filepath.Join(root, file), 1000, 1000); err != nil {
				t.Fatal(err)
			}
		}
	}
	content := func(file, text string) func(*testing.T, string) {
		return func(t *testing.T, root string) { plant(t, filepath.Join(root, file), text) }
	}
	// A file of two roles that is wrong for both is one finding, of the more severe control.
	for _, test := range []struct {
		want   string
		chowns bool
		change func(*testing.T, string)
	}{
		{"", false, func(*testing.T, string) {}},
		{"apiserver-pod-spec-file-permissions", false, mode("etc/kubernetes/manifests/kube-apiserver.yaml", 0o644)},
		{"controller-manager-pod-spec-file-permissions", false, mode("etc/kubernetes/manifests/kube-controller-manager.yaml", 0o640)},
		{"scheduler-pod-spec-file-permissions", false, mode("etc/kubernetes/manifests/kube-scheduler.yaml", 0o622)},
		{"etcd-pod-spec-file-permissions", false, mode("etc/kubernetes/manifests/etcd.yaml", 0o604)},
		{"etcd-data-dir-permissions", false, mode("var/lib/etcd", 0o755)},
		{"cni-file-permissions", false, mode("etc/cni/net.d/10-net.conflist", 0o644)},
		{"admin-kubeconfig-permissions", false, mode("etc/kubernetes/admin.conf", 0o644)},
		{"scheduler-kubeconfig-permissions", false, mode("etc/kubernetes/scheduler.conf", 0o644)},
		{"controller-manager-kubeconfig-permissions", false, mode("etc/kubernetes/controller-manager.conf", 0o644)},
		{"pki-certificate-permissions", false, mode("etc/kubernetes/pki/ca.crt", 0o664)},
		{"pki-key-permissions", false, mode("etc/kubernetes/pki/ca.key", 0o640)},
		{"kubelet-service-file-permissions", false, mode("etc/systemd/system/kubelet.service", 0o644)},
		{"kube-proxy-kubeconfig-permissions", false, mode("var/lib/kube-proxy/kubeconfig", 0o644)},
		{"kubelet-kubeconfig-permissions", false, mode("etc/kubernetes/kubelet.conf", 0o644)},
		{"kubelet-config-file-permissions", false, mode("var/lib/kubelet/config.yaml", 0o644)},
		{"encryption-config-file-permissions", false, mode("etc/kubernetes/encryption/config.yaml", 0o640)},
		{"audit-log-file-permissions", false, mode("var/log/kubernetes/audit.log", 0o644)},
		{"audit-log-file-permissions", false, mode("etc/kubernetes/audit/policy.yaml", 0o644)},
		{"encryption-key-rotation-overdue", false, func(t *testing.T, root string) {
			file, old := filepath.Join(root, "etc/kubernetes/encryption/config.yaml"), time.Date(2024, 12, 31, 0, 0, 0, 0, time.UTC)
			plant(t, file, "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: [{resources: [secrets], providers: [{aescbc: {keys: [{name: a, secret: A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q=}]}}]}]\n")
			if err := os.Chtimes(file, old, old); err != nil {
				t.Fatal(err)
			}
		}},
		{"etcd-backup-unprotected", false, func(t *testing.T, root string) {
			snapshot := filepath.Join(root, "var/backups/etcd/snapshot.db.gz")
			plant(t, snapshot, "\x1f\x8b\x08")
			chmod(t, snapshot, 0o640)
		}},
		{"etcd-backup-unprotected unknown", false, content("var/backups/etcd/snapshot.db.gz", "\x1f\x8b\x08")},
		{"apiserver-pod-spec-file-ownership", true, owner("etc/kubernetes/manifests/kube-apiserver.yaml")},
		{"etcd-pod-spec-file-ownership", true, owner("etc/kubernetes/manifests/etcd.yaml")},
		{"admin-kubeconfig-ownership", true, owner("etc/kubernetes/admin.conf")},
		{"pki-ownership", true, owner("etc/kubernetes/pki")},
		{"kubelet-config-file-ownership", true, owner("var/lib/kubelet/config.yaml")},
		{"pki-ownership", true, owner("etc/kubernetes/pki/ca.crt")},
		{"super-admin-kubeconfig-present", false, content("etc/kubernetes/super-admin.conf", "apiVersion: v1\nkind: Config\n")},
		{"node-general-purpose-os", false, content("etc/os-release", "ID=ubuntu\n")},
		{"node-kernel-hardening-missing", false, content("proc/sys/kernel/kptr_restrict", "0\n")},
		{"node-mac-disabled", false, content("sys/fs/selinux/enforce", "0\n")},
		{"node-runtime-known-cve", false, content("proc/sys/kernel/osrelease", "5.15.20-flatcar\n")},
		{"node-runtime-known-cve unknown", false, content("proc/sys/kernel/osrelease", "5.15.0-91-generic\n")},
		{"node-container-runtime-config-weak", false, content("etc/containerd/config.toml", "[a.tls]\ninsecure_skip_verify = true\n")},
		{"kubelet-ip-address-deny-missing", false, content("etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet\n")},
		{"kubectl-proxy-exposed", false, content("proc/900/cmdline", "kubectl\x00proxy\x00--address=0.0.0.0\x00")},
		{"node-sshd-running", false, content("proc/900/cmdline", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\x00")},
	} {
		t.Run(strings.ReplaceAll(test.want, " ", "-"), func(t *testing.T) {
			if test.chowns && !root {
				t.Skip("only root gives files away")
			}
			t.Parallel()
			node := hardenedNode(t)
			test.change(t, node)
			_, found := judge(t, nil, "--control", nodeControls(), "--node-facts", facts(t, node))
			// Whoever is not root owns everything here, and etcd has no account of its own.
			found = slices.DeleteFunc(found, func(v verdict) bool {
				return v.Control == "etcd-data-dir-ownership" || !root && strings.HasSuffix(v.Control, "-ownership") ||
					!root && (v.Control == "encryption-config-file-permissions" || v.Control == "audit-log-file-permissions") && strings.Contains(v.Message, "chown")
			})
			var want []string
			if strings.Contains(test.want, "unknown") {
				want = []string{test.want}
			} else {
				want = strings.Fields(test.want)
			}
			slices.Sort(want)
			if got := namesOf(found); !slices.Equal(got, want) {
				t.Errorf("got %v\nwant %v\n%+v", got, want, found)
			}
		})
	}
}

// TestNodeFactsCarryConfiguration: what a node is told is judged with the places of its files, once, whether facts come from a folder, as a path or
// by a pipe.
func TestNodeFactsCarryConfiguration(t *testing.T) {
	node := hardenedNode(t)
	plant(t, filepath.Join(node, "var/lib/kubelet/config.yaml"), "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication:\n  anonymous:\n    enabled: true\nreadOnlyPort: 10255\n")
	plant(t, filepath.Join(node, "proc/800/cmdline"), "/usr/bin/kubelet\x00--config=/var/lib/kubelet/config.yaml\x00--read-only-port=0\x00--protect-kernel-defaults=false\x00")
	dir := facts(t, node)
	src, err := os.ReadFile(filepath.Join(dir, "node-a.json"))
	if err != nil {
		t.Fatal(err)
	}
	ids := "kubelet-anonymous-auth-enabled,kubelet-read-only-port-open,kubelet-protect-kernel-defaults-disabled"
	for _, args := range [][]string{{"--node-facts", dir}, {dir}, {filepath.Join(dir, "node-a.json")}, {"-"}} {
		code, found := judge(t, bytes.NewReader(src), append([]string{"--control", ids}, args...)...)
		var got []string
		for _, v := range found {
			got = append(got, v.Control+" "+v.Place.File)
		}
		want := []string{"kubelet-anonymous-auth-enabled node-a/var/lib/kubelet/config.yaml", "kubelet-protect-kernel-defaults-disabled node-a/proc/800/cmdline"}
		if slices.Sort(got); !slices.Equal(got, want) || code != cli.ExitFindings {
			t.Errorf("%v: exit %d, got %q", args, code, got)
		}
	}
}

// TestNodeFactsOfNobody: a folder without facts is no clean result.
func TestNodeFactsOfNobody(t *testing.T) {
	dir := t.TempDir()
	plant(t, filepath.Join(dir, "other.json"), `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}`)
	for _, args := range [][]string{{"--node-facts", dir}, {"--node-facts", filepath.Join(dir, "none")}, {"--node-facts", filepath.Join(dir, "other.json")}} {
		code, out, errs := program(t, nil, append([]string{"scan", "--no-config"}, args...)...)
		if code != cli.ExitError || out != "" || !strings.HasPrefix(errs, "error: ") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errs)
		}
	}
	plant(t, filepath.Join(dir, "bad.json"), `{"apiVersion": "kubeharden.io/v1alpha1", "kind": "NodeFacts", "metadata": {"name": "../../etc"}, "spec": {"processes": [{"component": "kubelet", "pid": 1, "arguments": ["kubelet"]}]}}`)
	code, _, errs := program(t, nil, "scan", "--no-config", "--format", "json", "--node-facts", dir)
	if code != cli.ExitError || !strings.Contains(errs, `the facts are of no node: metadata.name is "../../etc"`) {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

// TestNodeCommand: what could not be seen is told and is exit code 2, and the facts are there all the same; a name has to be one.
func TestNodeCommand(t *testing.T) {
	node := hardenedNode(t)
	if err := os.Remove(filepath.Join(node, "proc/1/net/tcp")); err != nil {
		t.Fatal(err)
	}
	code, out, errs := program(t, nil, "node", "--root", node)
	if code != cli.ExitError || !strings.Contains(out, `"name": "node-a"`) || !strings.Contains(errs, "error: /proc/1/net/tcp: no such file or directory") {
		t.Errorf("exit %d\n%s", code, errs)
	}
	code, out, errs = program(t, nil, "node", "--root", node, "--name", "worker-7.example.com", "--quiet")
	if code != cli.ExitError || errs != "" || !strings.Contains(out, `"name": "worker-7.example.com"`) || !strings.Contains(out, `"collectedAt": "2026-01-01T00:00:00Z"`) {
		t.Errorf("exit %d\n%s", code, errs)
	}
	for _, args := range [][]string{{"--name", "../x"}, {"--root", filepath.Join(node, "none")}, {"x"}} {
		if code, out, errs = program(t, nil, append([]string{"node"}, args...)...); code != cli.ExitError || out != "" || !strings.HasPrefix(errs, "error: ") {
			t.Errorf("%v: exit %d\n%s%s", args, code, out, errs)
		}
	}
	// A file that is there is not replaced.
	there := filepath.Join(node, "there.json")
	plant(t, there, "mine")
	if code, _, _ = program(t, nil, "node", "--root", node, "--out", there); code != cli.ExitError {
		t.Errorf("exit %d", code)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if code, out, _ = programUntil(ctx, nil, "node", "--root", node, "--wait"); code != cli.ExitOK || out == "" || ctx.Err() == nil {
		t.Errorf("--wait: exit %d", code)
	}
}

// TestNodeReader: the manifest is as hard as its work lets it be. What is left is what it is for, or of the namespace that it makes.
func TestNodeReader(t *testing.T) {
	code, manifest, errs := program(t, nil, "generate", "node-reader", "--image", "registry.example.com/kubeharden@sha256:"+strings.Repeat("a1", 32))
	if code != cli.ExitOK {
		t.Fatal(errs)
	}
	_, found := judge(t, strings.NewReader(manifest), "-")
	want := []string{
		"apparmor-unconfined",                   // the profile of the runtime hides other processes
		"capability-added-dangerous",            // DAC_READ_SEARCH and SYS_PTRACE, which read
		"host-path-sensitive",                   // the root of the host, read-only
		"host-pid",                              // the processes of the host
		"liveness-probe-missing",                // it answers nobody
		"namespace-limit-range-missing",         // of its own namespace, for one DaemonSet with limits
		"namespace-psa-privileged",              // hostPID is above baseline
		"namespace-psa-warn-audit-missing",      // for the same reason
		"namespace-resource-quota-missing",      // of its own namespace
		"network-policy-dns-egress-missing",     // it asks for no name
		"readiness-probe-missing",               // nothing is sent to it
		"run-as-non-root-missing",               // files of root with 0600
		"run-as-root-group",                     // the same
		"run-as-root-user",                      // the same
		"supplemental-groups-policy-not-strict", // nodes before 1.31 refuse the field
	}
	if got := namesOf(found); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if _, manifest, _ = program(t, nil, "generate", "node-reader", "--image", "x", "--selinux-type", "spc_t"); !strings.Contains(manifest, "        seLinuxOptions:\n          type: spc_t\n      containers:\n") {
		t.Error(manifest)
	}
	for _, args := range [][]string{{}, {"--image", "a b"}, {"--image", "x", "--namespace", "A_b"}, {"--image", "x", "--selinux-type", "a b"}} {
		if code, out, _ := program(t, nil, append([]string{"generate", "node-reader"}, args...)...); code != cli.ExitError || out != "" {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}
