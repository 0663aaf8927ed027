package component

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// built are the releases whose static pods kubeadm itself has written to testdata.
var built = []int{29, 33, 37}

// staticPods returns kubeadm's default control plane of a release. Between the releases that were built it is the one before, with the image
// and the flags of etcd that changed.
func staticPods(t *testing.T, minor int) []string {
	t.Helper()
	from := built[0]
	for _, b := range built {
		if b <= minor {
			from = b
		}
	}
	if minor == 36 {
		from = 37 // etcd's flags are those of 1.37 already
	}
	dir := fmt.Sprintf("testdata/kubeadm/v1.%d", from)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	tag := regexp.MustCompile(`(registry\.k8s\.io/kube-[a-z-]+):v1\.\d+\.\d+`)
	var files []string
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		manifest := tag.ReplaceAllString(string(text), fmt.Sprintf("${1}:v1.%d.0", minor))
		if e.Name() == "etcd.yaml" && minor >= 34 && minor < 37 {
			manifest = regexp.MustCompile(`etcd:3\.\d\.\d+-0`).ReplaceAllString(manifest, "etcd:3.6.5-0")
			manifest = strings.Replace(manifest, "--experimental-initial-corrupt-check=true", "--feature-gates=InitialCorruptCheck=true", 1)
			manifest = strings.Replace(manifest, "--experimental-watch-progress-notify-interval", "--watch-progress-notify-interval", 1)
		}
		files = append(files, "etc/kubernetes/manifests/"+e.Name(), manifest)
	}
	return files
}

func TestKubeadmControlPlane(t *testing.T) {
	for minor := 29; minor <= Newest; minor++ {
		t.Run(fmt.Sprintf("1.%d", minor), func(t *testing.T) {
			instances := New(read(t, staticPods(t, minor)...), Options{})
			if len(instances) != 4 {
				t.Fatalf("%d instances", len(instances))
			}
			for _, i := range instances {
				if len(i.Flaws) > 0 || i.Incomplete != "" || i.Kind != Etcd && i.Version.Minor != minor {
					t.Errorf("%s %s: %v %s", i.Kind, i.Version, i.Flaws, i.Incomplete)
				}
				for flag, want := range defaultsOfKubeadm(i.Kind, minor) {
					v := i.Flag(flag)
					if got := fmt.Sprintf("%s %s", v.Text, v.Source); !v.Known || got != want {
						t.Errorf("%s --%s: %q, want %q (%s)", i.Kind, flag, got, want, v.Reason)
					}
				}
			}
		})
	}
}

// defaultsOfKubeadm is what a hardening check finds on a fresh cluster.
func defaultsOfKubeadm(k Kind, minor int) map[string]string {
	audit := map[bool][3]string{false: {"0", "0", "0"}, true: {"366", "100", "100"}}[minor >= 36]
	switch k {
	case APIServer:
		return map[string]string{
			"anonymous-auth": "true default", "authorization-mode": "Node,RBAC flag", "profiling": "true default", "audit-log-path": " default",
			"audit-log-maxage": audit[0] + " default", "audit-log-maxbackup": audit[1] + " default", "audit-log-maxsize": audit[2] + " default",
			"enable-admission-plugins": "NodeRestriction flag", "service-account-lookup": "true default", "token-auth-file": " default",
			"kubelet-certificate-authority": " default", "encryption-provider-config": " default", "request-timeout": "1m0s default",
			"tls-min-version": " default", "etcd-cafile": "/etc/kubernetes/pki/etcd/ca.crt flag", "bind-address": "0.0.0.0 default",
			"service-account-extend-token-expiration": "true default",
		}
	case ControllerManager:
		return map[string]string{
			"profiling": "true default", "use-service-account-credentials": "true flag", "bind-address": "127.0.0.1 flag",
			"terminated-pod-gc-threshold": "12500 default", "root-ca-file": "/etc/kubernetes/pki/ca.crt flag",
		}
	case Scheduler:
		return map[string]string{"profiling": "true default", "bind-address": "127.0.0.1 flag"}
	case Etcd:
		return map[string]string{
			"client-cert-auth": "true flag", "auto-tls": "false default", "peer-auto-tls": "false default", "peer-client-cert-auth": "true flag",
			"cert-file": "/etc/kubernetes/pki/etcd/server.crt flag",
		}
	case Kubelet, Proxy:
		return nil
	default:
		return nil
	}
}

// TestKubeadmConfiguration compares what is worked out of a ClusterConfiguration with the static pods that kubeadm itself makes of it.
func TestKubeadmConfiguration(t *testing.T) {
	for _, minor := range built {
		config := fmt.Sprintf("apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\nkubernetesVersion: v1.%d.0\n---\n"+
			"apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\nlocalAPIEndpoint: {advertiseAddress: 192.0.2.10}\n", minor)
		worked := New(read(t, "kubeadm.yaml", config), Options{})
		for _, pod := range New(read(t, staticPods(t, minor)...), Options{}) {
			n := slices.IndexFunc(worked, func(i *Instance) bool { return i.Kind == pod.Kind })
			if n < 0 {
				t.Fatalf("no %s", pod.Kind)
			}
			i := worked[n]
			if i.Version.Minor != pod.Version.Minor {
				t.Errorf("%s: version %s, kubeadm's is %s", i.Kind, i.Version, pod.Version)
			}
			for _, flag := range pod.Flags() {
				if pod.Kind == Etcd && (flag == "name" || flag == "initial-cluster") {
					continue
				}
				if got, want := i.Flag(flag), pod.Flag(flag); got.Text != want.Text || got.Source != FromDistribution {
					t.Errorf("1.%d %s --%s: %q (%s), kubeadm sets %q", minor, i.Kind, flag, got.Text, got.Source, want.Text)
				}
			}
			for _, flag := range i.Flags() {
				if !pod.Flag(flag).Set {
					t.Errorf("1.%d %s --%s: kubeadm does not set it", minor, i.Kind, flag)
				}
			}
		}
	}
}

func TestKubeadmExtraArguments(t *testing.T) {
	for _, test := range []struct {
		name, config, flag, text, path string
		edit                           Edit
	}{
		{
			"mapping", "v1beta3\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n    anonymous-auth: \"false\"\n    authorization-mode: AlwaysAllow\n",
			"authorization-mode", "AlwaysAllow", "apiServer.extraArgs.authorization-mode",
			Edit{Op: SetValue, Path: "apiServer.extraArgs.authorization-mode", Value: "Node,RBAC"},
		},
		{
			"list", "v1beta4\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n  - name: authorization-mode\n    value: AlwaysAllow\n",
			"authorization-mode", "AlwaysAllow", "apiServer.extraArgs[0]",
			Edit{Op: SetValue, Path: "apiServer.extraArgs[0].value", Value: "Node,RBAC"},
		},
		{
			"list that repeats", "v1beta4\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n  - {name: audit-log-maxage, value: \"1\"}\n  - {name: audit-log-maxage, value: \"2\"}\n",
			"audit-log-maxage", "2", "apiServer.extraArgs[1]",
			Edit{Op: SetValue, Path: "apiServer.extraArgs[1].value", Value: "Node,RBAC"},
		},
		{
			"append", "v1\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n  - {name: authorization-mode, value: \",Webhook\", mergeMethod: append}\n",
			"authorization-mode", "Node,RBAC,Webhook", "apiServer.extraArgs[0]",
			Edit{},
		},
		{
			"nothing said", "v1beta3\nkind: ClusterConfiguration\n", "authorization-mode", "Node,RBAC", "",
			Edit{Op: SetValue, Path: "apiServer.extraArgs.authorization-mode", Value: "Node,RBAC"},
		},
		{
			"nothing said, list", "v1beta4\nkind: ClusterConfiguration\n", "profiling", "true", "",
			Edit{Op: AppendItem, Path: "apiServer.extraArgs", Value: map[string]any{"name": "profiling", "value": "Node,RBAC"}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := only(t, read(t, "kubeadm.yaml", "apiVersion: kubeadm.k8s.io/"+test.config), APIServer, "v1.37")
			v := i.Flag(test.flag)
			if v.Text != test.text || v.Place.Path != test.path {
				t.Errorf("%+v", v)
			}
			if e, _ := i.EditOf(test.flag, "Node,RBAC"); test.edit.Path != "" && fmt.Sprint(e) != fmt.Sprint(test.edit) {
				t.Errorf("edit %+v", e)
			}
		})
	}
}

func TestKubeadmConfigMap(t *testing.T) {
	const cm = `apiVersion: v1
kind: ConfigMap
metadata: {name: kubeadm-config, namespace: kube-system}
data:
  ClusterConfiguration: |
    apiVersion: kubeadm.k8s.io/v1beta4
    kind: ClusterConfiguration
    kubernetesVersion: v1.33.0
    apiServer:
      extraArgs:
      - {name: anonymous-auth, value: "false"}
      - {name: no-such, value: "false"}
`
	i := only(t, read(t, "cm.yaml", cm), APIServer, "")
	v := i.Flag("anonymous-auth")
	if !v.IsFalse() || v.Place.Path != "data.ClusterConfiguration" || v.Place.Inner != "apiServer.extraArgs[0]" || i.Version.Minor != 33 {
		t.Errorf("%+v", v)
	}
	if len(i.Flaws) != 1 || i.Flaws[0].Path != "data.ClusterConfiguration" || i.Flaws[0].Inner != "apiServer.extraArgs[1]" {
		t.Errorf("%v", i.Flaws)
	}
	for _, flag := range []string{"anonymous-auth", "profiling"} {
		if e, ok := i.EditOf(flag, "x"); ok {
			t.Errorf("%+v", e)
		}
	}
}

func TestKubeletConfigMap(t *testing.T) {
	const cm = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubelet-config, namespace: kube-system}\ndata:\n  kubelet: |\n    apiVersion: kubelet.config.k8s.io/v1beta1\n" +
		"    kind: KubeletConfiguration\n    readOnlyPort: 1\n"
	i := only(t, read(t, "cm.yaml", cm), Kubelet, "v1.33")
	if v := i.Flag("read-only-port"); v.Text != "1" || v.Place.Inner != "readOnlyPort" {
		t.Errorf("%+v", v)
	}
	for _, flag := range []string{"read-only-port", "anonymous-auth"} {
		if e, ok := i.EditOf(flag, "0"); ok {
			t.Errorf("%+v", e)
		}
	}
}

func TestKubeadmKubelet(t *testing.T) {
	const config = `apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
- token: abcdef.0123456789abcdef
nodeRegistration:
  kubeletExtraArgs:
  - name: read-only-port
    value: "10255"
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.33.1
---
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}}
rotateCertificates: false
streamingConnectionIdleTimeout: 0s
`
	s := read(t, "kubeadm.yaml", config)
	if text := everything(s); strings.Contains(text, "abcdef") || !strings.Contains(text, "10255") {
		t.Errorf("a token is kept: %s", text)
	}
	i := only(t, s, Kubelet, "")
	for field, want := range map[string]string{
		"authentication.anonymous.enabled": "true configuration file", "readOnlyPort": "10255 flag", "rotateCertificates": "true distribution default",
		"authentication.x509.clientCAFile": "/etc/kubernetes/pki/ca.crt distribution default", "authorization.mode": "Webhook distribution default",
		"streamingConnectionIdleTimeout": "4h0m0s default", "protectKernelDefaults": "false default",
	} {
		if v := i.Field(field); fmt.Sprintf("%s %s", v.Text, v.Source) != want {
			t.Errorf("%s: %q %s, want %s", field, v.Text, v.Source, want)
		}
	}
	if v := i.Field("rotateCertificates"); len(v.Beaten) != 1 {
		t.Errorf("what kubeadm overrides is not named: %+v", v)
	}
}
