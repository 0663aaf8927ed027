package node

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubeharden/kubeharden/encryption"
	facts "github.com/kubeharden/kubeharden/node"
	"github.com/kubeharden/kubeharden/tree"
)

// waits is set for the process that TestRealProcess starts.
const waits = "KUBEHARDEN_TEST_WAITS"

// TestMain makes of the test's own binary a process that only waits, under the name of a component.
func TestMain(m *testing.M) {
	if os.Getenv(waits) != "" {
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	}
	m.Run()
}

// plant makes a root file system of files: their content, "-> " and where a link leads to, or nothing for a folder with a slash behind.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		at := filepath.Join(root, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			mkdir(t, at)
			continue
		}
		mkdir(t, filepath.Dir(at))
		var err error
		if target, ok := strings.CutPrefix(content, "-> "); ok {
			err = os.Symlink(target, at)
		} else {
			err = os.WriteFile(at, []byte(content), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// host is what every planted root has.
func host(more map[string]string) map[string]string {
	files := map[string]string{
		"etc/os-release":                         "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID='12'\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
		"etc/passwd":                             "root:x:0:0:root:/root:/bin/bash\nkube:x:1000:1000::/:/bin/false\n",
		"etc/group":                              "root:x:0:\n",
		"etc/hostname":                           "Node-A\n",
		"proc/1/cmdline":                         "/sbin/init\x00",
		"proc/1/status":                          "Name:\tsystemd\nUid:\t0\t0\t0\t0\n",
		"proc/1/ns/mnt":                          "-> mnt:[4026531841]",
		"proc/1/mountinfo":                       "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
		"proc/1/net/tcp":                         "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
		"proc/1/net/udp":                         "  sl\n",
		"proc/sys/kernel/osrelease":              "6.12.58-flatcar\n",
		"proc/sys/kernel/arch":                   "x86_64\n",
		"proc/sys/kernel/kptr_restrict":          "2\n",
		"sys/kernel/security/lsm":                "capability,yama,apparmor",
		"sys/kernel/security/apparmor/profiles":  "k8s-app (enforce)\ncri-containerd.apparmor.d (enforce)\n/usr/bin/x y (complain)\n",
		"sys/module/apparmor/parameters/enabled": "Y\n",
	}
	maps.Copy(files, more)
	return files
}

// running adds a process of the host to a root.
func running(files map[string]string, pid int, exe string, args ...string) map[string]string {
	dir := "proc/" + strconv.Itoa(pid) + "/"
	files[dir+"cmdline"] = strings.Join(args, "\x00") + "\x00"
	files[dir+"status"] = "Uid:\t0\t0\t0\t0\n"
	files[dir+"exe"] = "-> " + exe
	files[dir+"ns/mnt"] = "-> mnt:[4026531841]"
	files[dir+"environ"] = "PATH=/bin\x00"
	return files
}

func collect(t *testing.T, root string) *facts.Facts {
	t.Helper()
	f, err := Collect(t.Context(), &Options{Root: root, Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// filesOf are the paths of the files with a role.
func filesOf(f *facts.Facts, role string) string {
	var all []string
	for _, file := range f.Spec.Files {
		if slices.Contains(file.Roles, role) {
			all = append(all, file.Path)
		}
	}
	return strings.Join(all, " ")
}

func fileAt(t *testing.T, f *facts.Facts, path string) *facts.File {
	t.Helper()
	for i := range f.Spec.Files {
		if f.Spec.Files[i].Path == path {
			return &f.Spec.Files[i]
		}
	}
	t.Fatalf("no file %s", path)
	return nil
}

const kubeletConfig = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"

func clientConfig(key string) string {
	return "apiVersion: v1\nkind: Config\nclusters: [{name: a, cluster: {server: 'https://10.0.0.1:6443'}}]\nusers:\n- name: a\n  user:\n    client-key-data: " + key + "\n"
}

// TestDistributions: each is recognised, and its files are found where it has them.
func TestDistributions(t *testing.T) {
	pod := func(name, args string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec: {containers: [{name: x, command: [" + name + args + "]}]}\n"
	}
	for _, test := range []struct {
		name  string
		root  map[string]string
		roles string
		want  map[string]string
	}{
		{"kubeadm", running(host(map[string]string{
			"usr/lib/systemd/system/kubelet.service":                   "[Service]\nExecStart=/usr/bin/kubelet\n",
			"usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": "[Service]\nEnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env\nEnvironmentFile=-/etc/default/kubelet\n",
			"lib":                                "-> usr/lib",
			"var/lib/kubelet/kubeadm-flags.env":  "KUBELET_KUBEADM_ARGS=\"--node-ip=10.0.0.1\"\n",
			"var/lib/kubelet/config.yaml":        kubeletConfig + "authentication: {x509: {clientCAFile: /etc/kubernetes/pki/ca.crt}}\nstaticPodPath: /srv/pods\n",
			"etc/kubernetes/kubelet.conf":        clientConfig("QUJD"),
			"etc/kubernetes/admin.conf":          clientConfig("QUJD"),
			"etc/kubernetes/super-admin.conf":    clientConfig("QUJD"),
			"etc/kubernetes/manifests/etcd.yaml": pod("etcd", ", --data-dir=/var/lib/etcd"),
			"srv/pods/kube-apiserver.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - command: [kube-apiserver, --audit-policy-file=/audit/p.yaml, --encryption-provider-config, /audit/e.yaml]\n" +
				"    volumeMounts: [{name: v, mountPath: /audit}]\n  volumes: [{name: v, hostPath: {path: /srv/audit}}]\n",
			"srv/audit/p.yaml":                        "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n",
			"srv/audit/e.yaml":                        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: []\n",
			"etc/kubernetes/pki/ca.crt":               "",
			"etc/kubernetes/pki/ca.key":               "",
			"etc/kubernetes/pki/sa.pub":               "",
			"etc/kubernetes/pki/etcd/ca.crt":          "",
			"var/lib/etcd/member/":                    "",
			"etc/cni/net.d/10-calico.conflist":        "{}",
			"etc/cni/net.d/calico-kubeconfig":         "",
			"var/lib/kubelet/seccomp/profiles/a.json": "{}",
			"run/containerd/containerd.sock":          "",
			"etc/containerd/config.toml":              "version = 3\n",
		}), 800, "/usr/bin/kubelet", "/usr/bin/kubelet", "--config=/var/lib/kubelet/config.yaml", "--kubeconfig=/etc/kubernetes/kubelet.conf"), "control-plane etcd worker", map[string]string{
			facts.RoleKubeletService:     "/usr/lib/systemd/system/kubelet.service /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf",
			facts.RoleKubeletEnvironment: "/var/lib/kubelet/kubeadm-flags.env",
			facts.RoleKubeletConfig:      "/var/lib/kubelet/config.yaml",
			facts.RoleKubeletKubeconfig:  "/etc/kubernetes/kubelet.conf",
			facts.RoleKubeletClientCA:    "/etc/kubernetes/pki/ca.crt",
			facts.RoleStaticPod:          "/etc/kubernetes/manifests/etcd.yaml /srv/pods/kube-apiserver.yaml",
			facts.RoleAuditPolicy:        "/srv/audit/p.yaml",
			facts.RoleEncryptionConfig:   "/srv/audit/e.yaml",
			facts.RolePKIDirectory:       "/etc/kubernetes/pki /etc/kubernetes/pki/etcd",
			facts.RolePKICertificate:     "/etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/etcd/ca.crt /etc/kubernetes/pki/sa.pub",
			facts.RolePKIKey:             "/etc/kubernetes/pki/ca.key",
			facts.RoleEtcdData:           "/var/lib/etcd",
			facts.RoleCNIConfig:          "/etc/cni/net.d/10-calico.conflist /etc/cni/net.d/calico-kubeconfig",
			facts.RoleAdminKubeconfig:    "/etc/kubernetes/admin.conf",
			facts.RoleSuperAdmin:         "/etc/kubernetes/super-admin.conf",
			facts.RoleRuntimeSocket:      "/run/containerd/containerd.sock",
			facts.RoleRuntimeConfig:      "/etc/containerd/config.toml",
			facts.RoleSeccompProfile:     "/var/lib/kubelet/seccomp/profiles/a.json",
		}},
		{"k3s", running(host(map[string]string{
			"etc/systemd/system/k3s.service":                           "[Service]\nEnvironmentFile=-/etc/systemd/system/k3s.service.env\nExecStart=/usr/local/bin/k3s server\n",
			"etc/systemd/system/k3s.service.env":                       "K3S_TOKEN=K10abcdef::server:topsecret\n",
			"etc/rancher/k3s/config.yaml":                              "token: topsecret\nkubelet-arg: [event-qps=5]\n",
			"etc/rancher/k3s/config.yaml.d/a.yaml":                     "secrets-encryption: true\n",
			"etc/rancher/k3s/k3s.yaml":                                 clientConfig("QUJD"),
			"var/lib/rancher/k3s/server/tls/server-ca.crt":             "",
			"var/lib/rancher/k3s/server/tls/server-ca.key":             "",
			"var/lib/rancher/k3s/server/tls/etcd/client.key":           "",
			"var/lib/rancher/k3s/server/cred/encryption-config.json":   `{"kind":"EncryptionConfiguration","apiVersion":"apiserver.config.k8s.io/v1","resources":[]}`,
			"var/lib/rancher/k3s/server/cred/scheduler.kubeconfig":     clientConfig("QUJD"),
			"var/lib/rancher/k3s/server/db/etcd/":                      "",
			"var/lib/rancher/k3s/agent/kubelet.kubeconfig":             clientConfig("QUJD"),
			"var/lib/rancher/k3s/agent/client-ca.crt":                  "",
			"var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s.conf": kubeletConfig,
			"var/lib/rancher/k3s/agent/etc/containerd/config.toml":     "version = 3\n",
			"run/k3s/containerd/containerd.sock":                       "",
		}), 900, "/usr/local/bin/k3s", "/usr/local/bin/k3s server"), "control-plane etcd worker", map[string]string{
			facts.RoleService:             "/etc/systemd/system/k3s.service",
			facts.RoleEnvironment:         "/etc/systemd/system/k3s.service.env",
			facts.RoleDistribution:        "/etc/rancher/k3s/config.yaml /etc/rancher/k3s/config.yaml.d/a.yaml",
			facts.RoleAdminKubeconfig:     "/etc/rancher/k3s/k3s.yaml",
			facts.RoleEncryptionConfig:    "/var/lib/rancher/k3s/server/cred/encryption-config.json",
			facts.RoleEtcdData:            "/var/lib/rancher/k3s/server/db/etcd",
			facts.RoleKubeletConfig:       "/var/lib/rancher/k3s/agent/etc/kubelet.conf.d/00-k3s.conf",
			facts.RoleKubeletClientCA:     "/var/lib/rancher/k3s/agent/client-ca.crt",
			facts.RoleSchedulerKubeconfig: "/var/lib/rancher/k3s/server/cred/scheduler.kubeconfig",
			facts.RolePKIKey:              "/var/lib/rancher/k3s/server/tls/etcd/client.key /var/lib/rancher/k3s/server/tls/server-ca.key",
			facts.RoleRuntimeSocket:       "/run/k3s/containerd/containerd.sock",
		}},
		{"rke2", running(running(host(map[string]string{
			"etc/rancher/rke2/config.yaml":                                 "profile: cis\n",
			"var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml": pod("kube-apiserver", ", --anonymous-auth=false"),
			"var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml":           pod("etcd", ", --config-file=/x"),
			"var/lib/rancher/rke2/server/db/etcd/":                         "",
			"etc/rancher/rke2/audit-policy.yaml":                           "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: None}]\n",
			"var/lib/rancher/rke2/server/logs/audit.log":                   "",
			"var/lib/rancher/rke2/server/logs/audit-2026-01-01.log":        "",
		}), 900, "/usr/local/bin/rke2", "/usr/local/bin/rke2 server"),
			910, "/var/lib/rancher/rke2/data/x/bin/kubelet", "/var/lib/rancher/rke2/bin/kubelet", "--anonymous-auth=false", "--client-ca-file=/var/lib/rancher/rke2/agent/client-ca.crt"), "control-plane etcd worker", map[string]string{
			facts.RoleStaticPod:    "/var/lib/rancher/rke2/agent/pod-manifests/etcd.yaml /var/lib/rancher/rke2/agent/pod-manifests/kube-apiserver.yaml",
			facts.RoleDistribution: "/etc/rancher/rke2/config.yaml",
			facts.RoleAuditPolicy:  "/etc/rancher/rke2/audit-policy.yaml",
			facts.RoleAuditLog:     "/var/lib/rancher/rke2/server/logs/audit-2026-01-01.log /var/lib/rancher/rke2/server/logs/audit.log",
			facts.RoleEtcdData:     "/var/lib/rancher/rke2/server/db/etcd",
		}},
		{"k0s", running(running(running(host(map[string]string{
			"etc/k0s/k0s.yaml":                "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nspec: {}\n",
			"var/lib/k0s/kubelet-config.yaml": kubeletConfig,
			"var/lib/k0s/kubelet.conf":        clientConfig("QUJD"),
			"var/lib/k0s/pki/ca.key":          "",
			"var/lib/k0s/pki/admin.conf":      clientConfig("QUJD"),
			"var/lib/k0s/pki/etcd/server.crt": "",
			"var/lib/k0s/etcd/":               "",
		}), 700, "/usr/local/bin/k0s", "/usr/local/bin/k0s", "controller", "--enable-worker"),
			710, "/var/lib/k0s/bin/kube-apiserver", "/var/lib/k0s/bin/kube-apiserver", "--authorization-mode=Node,RBAC", "--client-ca-file=/var/lib/k0s/pki/ca.crt"),
			720, "/var/lib/k0s/bin/kubelet", "/var/lib/k0s/bin/kubelet", "--config=/var/lib/k0s/kubelet-config.yaml"), "control-plane worker", map[string]string{
			facts.RoleKubeletConfig:     "/var/lib/k0s/kubelet-config.yaml",
			facts.RoleKubeletKubeconfig: "/var/lib/k0s/kubelet.conf",
			facts.RoleAdminKubeconfig:   "/var/lib/k0s/pki/admin.conf",
			facts.RolePKIKey:            "/var/lib/k0s/pki/ca.key",
			facts.RoleEtcdData:          "/var/lib/k0s/etcd",
			facts.RoleDistribution:      "/etc/k0s/k0s.yaml",
		}},
		{"microk8s", running(host(map[string]string{
			"var/snap/microk8s/current":                         "-> 7229",
			"var/snap/microk8s/7229/args/kube-apiserver":        "--authorization-mode=RBAC,Node\n--token-auth-file=${SNAP_DATA}/credentials/known_tokens.csv\n",
			"var/snap/microk8s/7229/args/kubelet":               "--anonymous-auth=false\n",
			"var/snap/microk8s/7229/credentials/client.config":  clientConfig("QUJD"),
			"var/snap/microk8s/7229/credentials/kubelet.config": clientConfig("QUJD"),
			"var/snap/microk8s/7229/certs/ca.crt":               "",
			"var/snap/microk8s/7229/certs/ca.key":               "",
			"var/snap/microk8s/7229/args/cni-network/cni.yaml":  "",
			"var/snap/microk8s/common/run/containerd.sock":      "",
		}), 900, "/snap/microk8s/7229/kubelite", "/snap/microk8s/7229/kubelite", "--apiserver-args-file=/var/snap/microk8s/7229/args/kube-apiserver", "--kubelet-args-file=/var/snap/microk8s/7229/args/kubelet", "--start-control-plane=true"), "control-plane worker", map[string]string{
			facts.RoleArguments:         "/var/snap/microk8s/7229/args/kube-apiserver /var/snap/microk8s/7229/args/kubelet",
			facts.RoleAdminKubeconfig:   "/var/snap/microk8s/current/credentials/client.config",
			facts.RoleKubeletKubeconfig: "/var/snap/microk8s/current/credentials/kubelet.config",
			facts.RoleKubeletClientCA:   "/var/snap/microk8s/current/certs/ca.crt",
			facts.RolePKIKey:            "/var/snap/microk8s/current/certs/ca.key",
			facts.RoleRuntimeSocket:     "/var/snap/microk8s/common/run/containerd.sock",
		}},
		{"unknown", host(nil), "", map[string]string{facts.RoleKubeletConfig: ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := collect(t, plant(t, test.root))
			h := f.Spec.Host
			if h.Distribution != test.name || strings.Join(h.Roles, " ") != test.roles {
				t.Errorf("got %s %v, want %s", h.Distribution, h.Roles, test.roles)
			}
			for role, want := range test.want {
				if got := filesOf(f, role); got != want {
					t.Errorf("%s:\ngot  %s\nwant %s", role, got, want)
				}
			}
			for _, p := range f.Spec.Problems {
				t.Errorf("problem: %s: %s", p.Path, p.Reason)
			}
			if f.Metadata.Name != "node-a" || h.OS != "debian" || h.OSVersion != "12" || h.Kernel != "6.12.58-flatcar" || f.Spec.Kernel.AppArmor != "enforcing" ||
				strings.Join(f.Spec.Kernel.AppArmorProfiles, ";") != "/usr/bin/x y;cri-containerd.apparmor.d;k8s-app" {
				t.Errorf("host %+v %s", h, f.Metadata.Name)
			}
		})
	}
}

// TestSameBytes: the same node is the same document.
func TestSameBytes(t *testing.T) {
	root := plant(t, running(host(map[string]string{"etc/kubernetes/pki/ca.crt": "", "etc/kubernetes/pki/b.key": "", "var/lib/kubelet/config.yaml": kubeletConfig}), 800, "/usr/bin/kubelet", "kubelet", "--config=/var/lib/kubelet/config.yaml"))
	var first bytes.Buffer
	for range 3 {
		var b bytes.Buffer
		if err := collect(t, root).Write(&b); err != nil {
			t.Fatal(err)
		}
		if first.Len() == 0 {
			first = b
		} else if !bytes.Equal(first.Bytes(), b.Bytes()) {
			t.Error("another document")
		}
	}
}

// TestNoSecretIsCarried: what would let somebody in is nowhere in the document, and the rest is.
func TestNoSecretIsCarried(t *testing.T) {
	const key = "c2VjcmV0LWtleS1ieXRlcy1vZi10aGUtY2x1c3Rlcg=="
	const aes = "A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q="
	files := host(map[string]string{
		"etc/kubernetes/kubelet.conf": clientConfig(key),
		"etc/kubernetes/admin.conf": "apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    token: tok-topsecret-1\n    password: 'tok-topsecret-2'\n" +
			"- name: b\n  user: {token: \"tok-topsecret-3\", exec: {env: [{name: AWS_SECRET_KEY, value: tok-topsecret-4}]}}\n- name: c\n  user:\n    token: |\n      tok-topsecret-5\n",
		"etc/kubernetes/scheduler.conf":                          `{"apiVersion":"v1","kind":"Config","users":[{"name":"a","user":{"client-key-data":"` + key + `","token":"tok-topsecret-6"}}]}`,
		"etc/kubernetes/manifests/x.yaml":                        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: x\n    env:\n    - {name: DB_PASSWORD, value: tok-topsecret-7}\n    args: ['--token=tok-topsecret-8', --url=https://u:tok-topsecret-9@h/]\n",
		"etc/systemd/system/kubelet.service":                     "[Service]\nEnvironment=\"BOOTSTRAP_TOKEN=tok-topsecret-10\"\nExecStart=/usr/bin/kubelet --token tok-topsecret-11 --read-only-port=10255\n",
		"etc/default/kubelet":                                    "KUBELET_EXTRA_ARGS=--bootstrap-token=tok-topsecret-12\nAPI_TOKEN='tok-topsecret-13'\n",
		"etc/rancher/k3s/config.yaml":                            "token: tok-topsecret-14\nagent-token: tok-topsecret-15\ndatastore-endpoint: postgres://u:tok-topsecret-16@db:5432/k\netcd-s3-secret-key: tok-topsecret-17\ndatastore-cafile: /etc/ca.crt\n",
		"etc/rancher/k3s/registries.yaml":                        "configs:\n  r:\n    auth: {username: u, password: tok-topsecret-18, identity_token: tok-topsecret-19}\n",
		"etc/containerd/config.toml":                             "[registry.auth]\n  password = \"tok-topsecret-20\"\n  auth = 'dG9rLXRvcHNlY3JldA=='\n  insecure_skip_verify = true\n",
		"var/lib/kubelet/config.yaml":                            kubeletConfig + "readOnlyPort: 10255\nstaticPodURLHeader: {Authorization: [Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U]}\n",
		"var/lib/rancher/k3s/server/cred/encryption-config.json": `{"kind":"EncryptionConfiguration","apiVersion":"apiserver.config.k8s.io/v1","resources":[{"resources":["secrets"],"providers":[{"aescbc":{"keys":[{"name":"k","secret":"` + aes + `"}]}}]}]}`,
		"etc/kubernetes/pki/ca.key":                              "-----BEGIN RSA PRIVATE KEY-----\n" + key + "\n-----END RSA PRIVATE KEY-----\n",
	})
	files = running(files, 800, "/usr/bin/kubelet", "kubelet", "--kubeconfig=/etc/kubernetes/kubelet.conf", "--token=tok-topsecret-21", "--bootstrap-token", "tok-topsecret-22", "--read-only-port=0")
	files = running(files, 810, "/usr/bin/etcd", "etcd", "--name=a")
	files["proc/810/environ"] = "ETCD_NAME=a\x00ETCD_ROOT_PASSWORD=tok-topsecret-23\x00ETCD_DISCOVERY=https://u:tok-topsecret-24@d\x00AWS_KEY=tok-topsecret-25\x00"
	f := collect(t, plant(t, files))
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"topsecret", key, aes, "dG9rLXRvcHNlY3JldA==", "eyJzdWIi", "PRIVATE KEY"} {
		if i := strings.Index(b.String(), secret); i >= 0 {
			t.Errorf("%q is in the document: %s", secret, b.String()[max(0, i-80):i+len(secret)+20])
		}
	}
	for _, kept := range []string{
		"--read-only-port=0", "readOnlyPort: 10255", "postgres://u:REDACTED@db:5432/k", "datastore-cafile: /etc/ca.crt", "insecure_skip_verify = true",
		"--token=REDACTED", "username: u", "https://u:REDACTED@h/", "--read-only-port=10255",
	} {
		if !strings.Contains(b.String(), kept) {
			t.Errorf("%q is not in the document", kept)
		}
	}
	for _, p := range f.Spec.Problems {
		t.Errorf("problem: %s: %s", p.Path, p.Reason)
	}
	// Places in what is carried are those in the file.
	for _, file := range f.Spec.Files {
		if was := files[strings.TrimPrefix(file.Path, "/")]; file.Content != nil && strings.Count(*file.Content, "\n") != strings.Count(was, "\n") {
			t.Errorf("%s has other lines:\n%s", file.Path, *file.Content)
		}
	}
}

// TestKeysKeepTheirFaults: an encryption key that is wrong or weak still is when it is covered, and one that is right too.
func TestKeysKeepTheirFaults(t *testing.T) {
	for _, key := range []string{
		"A/j5CnrWGB83ylcPkuUhm/6TSyrQtsNJtDPwPHNOj4Q=", "c2VjcmV0IGlzIHNlY3VyZQ==", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", "short", "<base64-encoded-key>",
		"not base64 at all!", "${KEY}", "",
	} {
		src := "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - aescbc:\n      keys:\n      - name: a\n        secret: \"" + key + "\"\n"
		out, err := redactYAML([]byte(src))
		if err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		if was, is := faults(t, src), faults(t, string(out)); was != is {
			t.Errorf("%q: was %q, is %q", key, was, is)
		}
		if len(key) > 20 && key[0] != '<' && strings.Contains(string(out), key) {
			t.Errorf("%q is still there", key)
		}
		if again, err := redactYAML(out); err != nil || !bytes.Equal(again, out) {
			t.Errorf("%q: a second time gives something else", key)
		}
	}
}

// TestLinksStayBelowTheRoot: links lead to places in the root that is looked at, whatever they are, and never out.
func TestLinksStayBelowTheRoot(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside.yaml")
	if err := os.WriteFile(outside, []byte(kubeletConfig+"maxPods: 4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f := collect(t, plant(t, host(map[string]string{
		"var/lib/kubelet/config.yaml":   "-> " + outside,
		"etc/kubernetes/kubelet.conf":   "-> ../../../../../../../../../../../../etc/real.conf",
		"etc/real.conf":                 clientConfig("QUJD"),
		"etc/kubernetes/admin.conf":     "-> /etc/real.conf",
		"etc/kubernetes/scheduler.conf": "-> scheduler.conf",
		"etc/kubernetes/manifests":      "-> /srv/pods",
		"srv/pods/a.yaml":               "apiVersion: v1\nkind: Pod\n",
		"etc/kubernetes/pki/loop":       "-> ../pki",
		"etc/kubernetes/pki/ca.crt":     "-> /etc/ssl/ca.crt",
		"etc/ssl/ca.crt":                "",
	})))
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "4711") || filesOf(f, facts.RoleKubeletConfig) != "" {
		t.Error("a file outside of the root was read")
	}
	if file := fileAt(t, f, "/etc/kubernetes/kubelet.conf"); file.Target != "/etc/real.conf" || file.Content == nil || !slices.Contains(file.Roles, facts.RoleAdminKubeconfig) {
		t.Errorf("%+v", file)
	}
	if got := filesOf(f, facts.RoleStaticPod); got != "/etc/kubernetes/manifests/a.yaml" {
		t.Error(got)
	}
	if got := filesOf(f, facts.RolePKICertificate); got != "/etc/kubernetes/pki/ca.crt" {
		t.Error(got)
	}
	if got := problems(f); got != "/etc/kubernetes/scheduler.conf: too many levels of symbolic links [scheduler-kubeconfig]" {
		t.Error(got)
	}
}

func problems(f *facts.Facts) string {
	var all []string
	for _, p := range f.Spec.Problems {
		all = append(all, p.Path+": "+p.Reason+" ["+strings.Join(p.Affects, " ")+"]")
	}
	return strings.Join(all, "\n")
}

// TestProblems: what cannot be looked at is told with what that leaves unknown, and the rest is there.
func TestProblems(t *testing.T) {
	root := plant(t, host(map[string]string{
		"var/lib/kubelet/config.yaml":      kubeletConfig + "a: [\n",
		"etc/kubernetes/admin.conf":        strings.Repeat("#", maxContent+1),
		"etc/kubernetes/pki/apiserver.crt": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
		"etc/default/kubelet":              "",
	}))
	if err := os.Remove(filepath.Join(root, "proc/1/net/tcp")); err != nil {
		t.Fatal(err)
	}
	f := collect(t, root)
	want := `/etc/kubernetes/admin.conf: is too large [content of admin-kubeconfig]
/etc/kubernetes/pki/apiserver.crt: has a certificate that cannot be read: x509: malformed certificate [certificates]
/proc/1/net/tcp: no such file or directory [sockets]
/var/lib/kubelet/config.yaml: is not carried: its secrets cannot be told from the rest [content of kubelet-config]`
	if got := problems(f); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if file := fileAt(t, f, "/var/lib/kubelet/config.yaml"); file.Mode != "0600" || file.Content != nil {
		t.Errorf("%+v", file)
	}
}

// TestUnreadable: who is not root sees less, and says so.
func TestUnreadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root reads everything; the manifest of generate node-reader is tried without capabilities elsewhere")
	}
	root := plant(t, host(map[string]string{"etc/kubernetes/pki/ca.crt": ""}))
	if err := os.Chmod(filepath.Join(root, "etc/kubernetes/pki"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(root, "etc/kubernetes/pki"), 0o700) })
	if got := problems(collect(t, root)); !strings.Contains(got, "/etc/kubernetes/pki: permission denied") || !strings.Contains(got, facts.RolePKIKey) {
		t.Error(got)
	}
}

// TestContainers: file flags of a process in a container are files of the host where the host has them, and else its own.
func TestContainers(t *testing.T) {
	files := host(map[string]string{
		"etc/kubernetes/pki/ca.crt":  "",
		"srv/audit/policy.yaml":      "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n",
		"proc/1/mountinfo":           "28 1 8:1 / / rw - ext4 /dev/sda1 rw\n40 28 8:17 / /data rw - ext4 /dev/sdb1 rw\n",
		"data/etcd/":                 "",
		"proc/900/mountinfo":         "100 99 0:50 / / rw - overlay overlay rw\n101 100 8:1 /etc/kubernetes/pki /etc/kubernetes/pki ro - ext4 /dev/sda1 rw\n102 100 8:1 /srv/audit /etc/kubernetes/audit ro - ext4 /dev/sda1 rw\n",
		"proc/910/mountinfo":         "100 99 0:51 / / rw - overlay overlay rw\n101 100 8:17 /etcd /var/lib/etcd rw - ext4 /dev/sdb1 rw\n",
		"proc/900/root/etc/own.yaml": "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: []\n",
	})
	files = running(files, 900, "/usr/local/bin/kube-apiserver", "kube-apiserver", "--client-ca-file=/etc/kubernetes/pki/ca.crt", "--audit-policy-file=/etc/kubernetes/audit/policy.yaml", "--encryption-provider-config=/etc/own.yaml")
	files = running(files, 910, "/usr/local/bin/etcd", "etcd", "--data-dir=/var/lib/etcd")
	files["proc/900/ns/mnt"], files["proc/910/ns/mnt"] = "-> mnt:[1]", "-> mnt:[2]"
	f := collect(t, plant(t, files))
	for role, want := range map[string]string{
		facts.RoleAuditPolicy:      "/srv/audit/policy.yaml",
		facts.RolePKICertificate:   "/etc/kubernetes/pki/ca.crt",
		facts.RoleEncryptionConfig: "/proc/900/root/etc/own.yaml",
		facts.RoleEtcdData:         "/data/etcd",
	} {
		if got := filesOf(f, role); got != want {
			t.Errorf("%s: got %q, want %q", role, got, want)
		}
	}
	var mounts []string
	for _, p := range f.Spec.Processes {
		for _, m := range p.Mounts {
			mounts = append(mounts, p.Component+" "+m.Container+" = "+m.Host)
		}
		if !p.Contained {
			t.Errorf("%s is not contained", p.Component)
		}
	}
	want := "etcd /var/lib/etcd = /data/etcd\nkube-apiserver /etc/kubernetes/audit/policy.yaml = /srv/audit/policy.yaml\n" +
		"kube-apiserver /etc/kubernetes/pki/ca.crt = /etc/kubernetes/pki/ca.crt\nkube-apiserver /etc/own.yaml = /proc/900/root/etc/own.yaml"
	if got := strings.Join(mounts, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := strings.Join(f.Spec.Host.Roles, " "); got != "control-plane etcd" {
		t.Error(got)
	}
}

// TestCertificates: what decides whether one is good is told, also of those in kubeconfigs and of the kubelet's, which have their key with them.
func TestCertificates(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kube-apiserver", Organization: []string{"system:masters"}}, DNSNames: []string{"kubernetes"},
		IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1)}, NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	f := collect(t, plant(t, host(map[string]string{
		"etc/kubernetes/pki/apiserver.crt":               text,
		"etc/kubernetes/pki/bundle.crt":                  text + text,
		"var/lib/kubelet/pki/kubelet-client-1.pem":       text + "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n",
		"var/lib/kubelet/pki/kubelet-client-current.pem": "-> /var/lib/kubelet/pki/kubelet-client-1.pem",
		"etc/kubernetes/admin.conf":                      "apiVersion: v1\nkind: Config\nusers: [{name: a, user: {client-certificate-data: " + base64.StdEncoding.EncodeToString([]byte(text)) + "}}]\n",
	})))
	var got []string
	for _, c := range f.Spec.Certificates {
		got = append(got, strings.TrimSpace(c.Path+" "+c.In))
	}
	want := "/etc/kubernetes/admin.conf users[0].user.client-certificate-data\n/etc/kubernetes/pki/apiserver.crt\n/etc/kubernetes/pki/bundle.crt\n/etc/kubernetes/pki/bundle.crt certificate 2\n/var/lib/kubelet/pki/kubelet-client-1.pem"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	c := f.Spec.Certificates[1]
	if c.Subject != "CN=kube-apiserver,O=system:masters" || c.NotAfter != "2027-01-01T00:00:00Z" || c.KeyAlgorithm != "ECDSA" || c.KeyBits != 256 || !c.SelfSigned || !c.IsCA ||
		strings.Join(c.Usages, ",") != "digital signature,cert sign,server auth" || strings.Join(c.IPAddresses, "") != "10.0.0.1" || c.SignatureAlgorithm != "ECDSA-SHA256" {
		t.Errorf("%+v", c)
	}
	if got := filesOf(f, facts.RolePKIKey); got != "/var/lib/kubelet/pki/kubelet-client-1.pem" {
		t.Error(got)
	}
}

// TestServices: sshd is found whether it waits by itself or systemd waits for it, and a connection or a container is no server.
func TestServices(t *testing.T) {
	own := running(host(nil), 600, "/usr/sbin/sshd", "sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups")
	own = running(own, 610, "/usr/sbin/sshd", "sshd: jane [priv]")
	if got := services(t, own); got != "sshd process 600" {
		t.Error(got)
	}
	socket := host(map[string]string{
		"proc/1/net/tcp6": "  sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n" +
			"   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4242 1 0 100 0 0 10 0\n",
		"proc/1/fd/3": "-> socket:[4242]", "proc/1/comm": "systemd\n",
	})
	if got := services(t, socket); got != "sshd socket 1" {
		t.Error(got)
	}
	if got := services(t, host(nil)); got != "" {
		t.Error(got)
	}
	pod := running(host(map[string]string{"proc/600/mountinfo": "100 99 0:50 / / rw - overlay overlay rw\n"}), 600, "/usr/sbin/sshd", "/usr/sbin/sshd", "-D")
	pod["proc/600/ns/mnt"] = "-> mnt:[7]"
	if got := services(t, pod); got != "" {
		t.Error(got)
	}
}

func services(t *testing.T, root map[string]string) string {
	t.Helper()
	f := collect(t, plant(t, root))
	var all []string
	for _, s := range f.Spec.Services {
		all = append(all, s.Name+" "+s.How+" "+strconv.Itoa(s.PID))
	}
	return strings.Join(all, "\n")
}

// TestCancelled: a collection ends when nobody waits for it any more.
func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Collect(ctx, &Options{Root: plant(t, host(nil))}); err == nil {
		t.Error("no error")
	}
	if _, err := Collect(t.Context(), &Options{Root: filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("no error for a root that is not there")
	}
}

// TestRealProcess: flags come from the real /proc, of a process that runs under the name of the kubelet, and files that it names from the disk.
func TestRealProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has a /proc")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(t.TempDir(), "kubelet.yaml")
	if err := os.WriteFile(config, []byte(kubeletConfig+"readOnlyPort: 10255\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Args = []string{"kubelet", "--config", config, "--token=topsecret-1", "--anonymous-auth=true"}
	cmd.Env = append(os.Environ(), waits+"=1")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Wait()
	})
	f, err := Collect(t.Context(), &Options{Name: "here"})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(f.Spec.Processes, func(p facts.Process) bool { return p.PID == cmd.Process.Pid })
	if i < 0 {
		t.Fatalf("process %d is not among %+v", cmd.Process.Pid, f.Spec.Processes)
	}
	p := f.Spec.Processes[i]
	if p.Component != "kubelet" || p.UID != os.Geteuid() || p.Exe != exe || strings.Join(p.Arguments, " ") != "kubelet --config "+config+" --token=REDACTED --anonymous-auth=true" {
		t.Errorf("%+v", p)
	}
	file := fileAt(t, f, config)
	if file.Mode != "0640" || file.UID != os.Geteuid() || file.Content == nil || *file.Content != kubeletConfig+"readOnlyPort: 10255\n" {
		t.Errorf("%+v", file)
	}
}

// faults are what package encryption says of a file.
func faults(t *testing.T, src string) string {
	t.Helper()
	var all []string
	parser := tree.NewParser()
	for doc := range tree.Split([]byte(src)) {
		parsed, err := parser.Parse([]byte(src), doc)
		if err != nil {
			t.Fatal(err)
		}
		config, flaws := encryption.Read(parsed.Root())
		for _, f := range flaws {
			all = append(all, f.Problem)
		}
		for _, e := range config.Entries {
			for _, p := range e.Providers {
				for _, k := range p.Keys {
					all = append(all, strconv.Itoa(k.Size)+" "+strconv.FormatBool(k.Weak != "")+strconv.FormatBool(k.Placeholder)+strconv.FormatBool(k.Elsewhere))
				}
			}
		}
	}
	return strings.Join(all, "; ")
}
