package controls_test

import (
	"fmt"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls"
	"github.com/kubeharden/kubeharden/engine"
	"github.com/kubeharden/kubeharden/fix"
	"github.com/kubeharden/kubeharden/report"
)

// nodeControls are those on etcd, the kubelet and the other components.
func nodeControls() []*control.Control {
	return slices.DeleteFunc(controls.All(), func(c *control.Control) bool {
		return c.Scope != control.Everything || c.Layer != control.Cluster || !slices.Contains([]string{"etcd", "kubelet", "control-plane-other"}, c.Section)
	})
}

// outcome judges files by path, without what needs a setting, and returns "id: message" of all findings, unknown ones with a question mark.
func outcome(t *testing.T, files map[string]string, minor control.Minor) []string {
	t.Helper()
	var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		for _, path := range slices.Sorted(maps.Keys(files)) {
			if !yield(engine.Input{Path: path, Read: func() ([]byte, error) { return []byte(files[path]), nil }}) {
				return
			}
		}
	}
	var all []string
	_, err := engine.Scan(t.Context(), inputs, &engine.Options{Controls: nodeControls(), Version: minor, Now: now, NoFold: true}, func(f *report.File) error {
		for i := range f.Findings {
			f := &f.Findings[i]
			text := f.Control.ID
			if f.Status == control.Unknown {
				text = "? " + text + ": " + f.Message
			}
			all = append(all, text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

// kubeadmKubelet is what kubeadm writes to /var/lib/kubelet/config.yaml by default.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/componentconfigs/kubelet.go
const kubeadmKubelet = `apiVersion: kubelet.config.k8s.io/v1beta1
authentication:
  anonymous:
    enabled: false
  webhook:
    cacheTTL: 0s
    enabled: true
  x509:
    clientCAFile: /etc/kubernetes/pki/ca.crt
authorization:
  mode: Webhook
  webhook:
    cacheAuthorizedTTL: 0s
    cacheUnauthorizedTTL: 0s
cgroupDriver: systemd
clusterDNS:
- 10.96.0.10
clusterDomain: cluster.local
containerRuntimeEndpoint: ""
cpuManagerReconcilePeriod: 0s
evictionPressureTransitionPeriod: 0s
fileCheckFrequency: 0s
healthzBindAddress: 127.0.0.1
healthzPort: 10248
httpCheckFrequency: 0s
imageMaximumGCAge: 0s
imageMinimumGCAge: 0s
kind: KubeletConfiguration
logging:
  flushFrequency: 0
  options:
    json:
      infoBufferSize: "0"
    text:
      infoBufferSize: "0"
  verbosity: 0
memorySwap: {}
nodeStatusReportFrequency: 0s
nodeStatusUpdateFrequency: 0s
rotateCertificates: true
runtimeRequestTimeout: 0s
shutdownGracePeriod: 0s
shutdownGracePeriodCriticalPods: 0s
staticPodPath: /etc/kubernetes/manifests
streamingConnectionIdleTimeout: 0s
syncFrequency: 0s
volumeStatsAggPeriod: 0s
`

// kubeadmUnit is the drop-in of the package kubeadm.
const kubeadmUnit = `[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`

const kubeadmProxy = `apiVersion: v1
kind: ConfigMap
metadata: {name: kube-proxy, namespace: kube-system}
data:
  config.conf: |-
    apiVersion: kubeproxy.config.k8s.io/v1alpha1
    bindAddress: 0.0.0.0
    bindAddressHardFail: false
    clusterCIDR: ""
    kind: KubeProxyConfiguration
    metricsBindAddress: ""
    mode: ""
    nodePortAddresses: null
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  template:
    metadata: {labels: {k8s-app: kube-proxy}}
    spec:
      hostNetwork: true
      tolerations: [{operator: Exists}]
      nodeSelector: {kubernetes.io/os: linux}
      containers:
      - name: kube-proxy
        image: registry.k8s.io/kube-proxy:v1.37.0
        command: [/usr/local/bin/kube-proxy, --config=/var/lib/kube-proxy/config.conf, --hostname-override=$(NODE_NAME)]
`

// kubeadmFails is what a new cluster of kubeadm fails, and why that is no false alarm.
var kubeadmFails = []string{
	"controller-manager-profiling-enabled",       // on by default
	"kube-proxy-nodeport-addresses-open",         // every address by default
	"kubelet-pod-pids-limit-missing",             // none by default
	"kubelet-profiling-handler-enabled",          // are on by default
	"kubelet-protect-kernel-defaults-disabled",   // off by default
	"kubelet-rotate-server-certificate-disabled", // the certificate is self-signed
	"kubelet-seccomp-default-disabled",           // off by default
	"kubelet-serving-cert-missing",               // the certificate is self-signed
	"scheduler-profiling-enabled",                // on by default
}

func TestKubeadmDefaultCluster(t *testing.T) {
	for _, minor := range []control.Minor{29, 33, 37} {
		t.Run(fmt.Sprint(minor), func(t *testing.T) {
			files := map[string]string{
				"node/var/lib/kubelet/config.yaml":                              kubeadmKubelet,
				"node/var/lib/kubelet/kubeadm-flags.env":                        `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock --pod-infra-container-image=registry.k8s.io/pause:3.10"` + "\n",
				"node/etc/default/kubelet":                                      "KUBELET_EXTRA_ARGS=\n",
				"node/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": kubeadmUnit,
				"proxy.yaml": strings.ReplaceAll(kubeadmProxy, "v1.37.0", fmt.Sprintf("v1.%d.0", minor)),
			}
			entries, err := os.ReadDir(fmt.Sprintf("../component/testdata/kubeadm/v1.%d", minor))
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range entries {
				text, err := os.ReadFile(filepath.Join("../component/testdata/kubeadm", fmt.Sprintf("v1.%d", minor), e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				files["node/etc/kubernetes/manifests/"+e.Name()] = string(text)
			}
			want := slices.Clone(kubeadmFails)
			if minor == 29 {
				// Go's choice of suites had 3DES in it, and those with RSA key exchange.
				want = append(want, "kubelet-weak-tls-ciphers", "controller-scheduler-weak-tls", "controller-scheduler-weak-tls")
				slices.Sort(want)
			}
			// 1.33 and 1.34 have the policy of pulled images, and the gate for it is alpha: nobody has to run that.
			if got := outcome(t, files, minor); !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// TestDistributionsByDefault: what a distribution sets by itself is as good as set by hand, and nothing that it leaves out is made up.
func TestDistributionsByDefault(t *testing.T) {
	rancher := []string{
		"kube-proxy-nodeport-addresses-open", "kubelet-pod-pids-limit-missing", "kubelet-profiling-handler-enabled",
		"kubelet-protect-kernel-defaults-disabled", "kubelet-seccomp-default-disabled",
	}
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"kubeadm": {"kubeadm.yaml", "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nkubernetesVersion: v1.36.0\n", []string{
			"controller-manager-profiling-enabled", "scheduler-profiling-enabled",
		}},
		"k3s":  {"etc/rancher/k3s/config.yaml", "cluster-init: true\n", rancher},
		"rke2": {"etc/rancher/rke2/config.yaml", "cni: canal\n", rancher},
		"k0s":  {"k0s.yaml", "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nmetadata: {name: k0s}\nspec: {}\n", nil},
		"talos": {"controlplane.yaml", "version: v1alpha1\nmachine:\n  type: controlplane\n  kubelet: {image: 'ghcr.io/siderolabs/kubelet:v1.36.0'}\n" +
			"cluster:\n  controlPlane: {endpoint: 'https://10.0.0.1:6443'}\n", []string{
			"kube-proxy-nodeport-addresses-open", "kubelet-pod-pids-limit-missing", "kubelet-profiling-handler-enabled",
			"kubelet-rotate-server-certificate-disabled", "kubelet-seccomp-default-disabled", "kubelet-serving-cert-missing",
		}},
	} {
		if got := outcome(t, map[string]string{c.file: c.text}, control.LatestMinor); !slices.Equal(got, c.want) {
			t.Errorf("%s: got  %q\nwant %q", name, got, c.want)
		}
	}
}

// TestNodeJudgements are settings from every source, those that win and those that lose.
func TestNodeJudgements(t *testing.T) {
	const unit, flags = "node/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet "
	kubelet := func(lines string) string {
		return "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n" + lines
	}
	etcd := func(more string) string {
		return "{apiVersion: v1, kind: Pod, metadata: {name: etcd, namespace: kube-system}, spec: {containers: [{name: etcd, image: 'registry.k8s.io/etcd:3.6.5-0', " + more + "}]}}"
	}
	for _, c := range []struct {
		name, control string
		files         map[string]string
		want          string // "fail", "pass", "unknown"
	}{
		{"a kubelet with flags only has the port open", "kubelet-read-only-port-open", map[string]string{unit: flags + "--kubeconfig=/k\n"}, "fail"},
		{"and takes anonymous requests", "kubelet-anonymous-auth-enabled", map[string]string{unit: flags + "--kubeconfig=/k\n"}, "fail"},
		{"and lets everybody", "kubelet-authorization-always-allow", map[string]string{unit: flags + "--kubeconfig=/k\n"}, "fail"},
		{"and takes no tokens", "kubelet-webhook-authentication-disabled", map[string]string{unit: flags + "--kubeconfig=/k\n"}, "fail"},
		{"on the command line 0 is for ever", "kubelet-streaming-timeout-disabled", map[string]string{unit: flags + "--streaming-connection-idle-timeout=0\n"}, "fail"},
		{"in the file 0 is the default", "kubelet-streaming-timeout-disabled", map[string]string{"k.yaml": kubelet("streamingConnectionIdleTimeout: 0s\n")}, "pass"},
		{"a file that was not read", "kubelet-read-only-port-open", map[string]string{unit: flags + "--config=/var/lib/kubelet/config.yaml\n"}, "unknown"},
		{"a flag beats the file", "kubelet-anonymous-auth-enabled", map[string]string{
			unit: flags + "--config=/var/lib/kubelet/config.yaml --anonymous-auth=true\n", "node/var/lib/kubelet/config.yaml": kubelet("authentication: {anonymous: {enabled: false}}\n"),
		}, "fail"},
		{"a drop-in beats the file", "kubelet-read-only-port-open", map[string]string{
			unit: flags + "--config=/var/lib/kubelet/config.yaml --config-dir=/etc/kubernetes/kubelet.conf.d\n", "node/var/lib/kubelet/config.yaml": kubelet("readOnlyPort: 10255\n"),
			"node/etc/kubernetes/kubelet.conf.d/10.conf": kubelet("readOnlyPort: 1\n"), "node/etc/kubernetes/kubelet.conf.d/20.conf": kubelet("readOnlyPort: 0\n"),
		}, "pass"},
		{"the last drop-in counts", "kubelet-read-only-port-open", map[string]string{
			unit: flags + "--config=/var/lib/kubelet/config.yaml --config-dir=/etc/kubernetes/kubelet.conf.d\n", "node/var/lib/kubelet/config.yaml": kubelet("readOnlyPort: 0\n"),
			"node/etc/kubernetes/kubelet.conf.d/10.conf": kubelet("readOnlyPort: 0\n"), "node/etc/kubernetes/kubelet.conf.d/20.conf": kubelet("readOnlyPort: 10255\n"),
		}, "fail"},
		{"seccomp by the flag beside a file", "kubelet-seccomp-default-disabled", map[string]string{
			unit: flags + "--config=/var/lib/kubelet/config.yaml --seccomp-default\n", "node/var/lib/kubelet/config.yaml": kubelet("seccompDefault: false\n"),
		}, "pass"},
		{"etcd by its environment", "etcd-client-cert-auth-disabled", map[string]string{"e.yaml": etcd("command: [etcd], env: [{name: ETCD_CLIENT_CERT_AUTH, value: 'true'}, {name: ETCD_TRUSTED_CA_FILE, value: /ca}]")}, "pass"},
		{"a flag beats the environment", "etcd-client-cert-auth-disabled", map[string]string{"e.yaml": etcd("command: [etcd, --client-cert-auth=false], env: [{name: ETCD_CLIENT_CERT_AUTH, value: 'true'}, {name: ETCD_TRUSTED_CA_FILE, value: /ca}]")}, "fail"},
		{"etcd's file makes flags void", "etcd-client-cert-auth-disabled", map[string]string{
			"node/etc/systemd/system/etcd.service": "[Service]\nExecStart=/usr/bin/etcd --config-file=/etc/etcd/etcd.conf.yml --client-cert-auth=true --trusted-ca-file=/ca\n",
			"node/etc/etcd/etcd.conf.yml":          "name: a\ndata-dir: /var/lib/etcd\nlisten-client-urls: https://10.0.0.4:2379\nclient-transport-security: {cert-file: /c, key-file: /k, trusted-ca-file: /ca}\n",
		}, "fail"},
		{"etcd's file", "etcd-client-cert-auth-disabled", map[string]string{
			"node/etc/systemd/system/etcd.service": "[Service]\nExecStart=/usr/bin/etcd --config-file=/etc/etcd/etcd.conf.yml\n",
			"node/etc/etcd/etcd.conf.yml":          "name: a\ndata-dir: /var/lib/etcd\nlisten-client-urls: https://10.0.0.4:2379\nclient-transport-security: {cert-file: /c, key-file: /k, client-cert-auth: true, trusted-ca-file: /ca}\n",
		}, "pass"},
		{"plaintext on the host itself too", "etcd-plaintext-listen-url", map[string]string{"e.yaml": etcd("command: [etcd, '--listen-client-urls=https://10.0.0.4:2379,http://127.0.0.1:2379', '--advertise-client-urls=https://10.0.0.4:2379']")}, "fail"},
		{"an address of the downward API", "etcd-plaintext-listen-url", map[string]string{"e.yaml": etcd("command: [etcd, '--listen-client-urls=$(URL)'], env: [{name: URL, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]")}, "unknown"},
		{"variables from elsewhere", "etcd-server-tls-missing", map[string]string{"e.yaml": etcd("command: [etcd], envFrom: [{secretRef: {name: a}}]")}, "unknown"},
		{"TLS that etcd makes itself is TLS", "etcd-server-tls-missing", map[string]string{"e.yaml": etcd("command: [etcd, --auto-tls]")}, "pass"},
		{"etcd of an application", "etcd-server-tls-missing", map[string]string{"e.yaml": strings.Replace(etcd("command: [etcd]"), "kube-system", "shop", 1)}, "pass"},
		{"the scheduler's file voids the flag", "scheduler-profiling-enabled", map[string]string{
			"node/etc/kubernetes/manifests/s.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: s, namespace: kube-system}, spec: {containers: [{name: s, image: 'registry.k8s.io/kube-scheduler:v1.36.0', command: [kube-scheduler, --config=/etc/kubernetes/s.yaml, --profiling=false], volumeMounts: [{name: k, mountPath: /etc/kubernetes}]}], volumes: [{name: k, hostPath: {path: /etc/kubernetes}}]}}",
			"node/etc/kubernetes/s.yaml":           "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n",
		}, "fail"},
		{"nothing served", "controller-manager-bind-address", map[string]string{"c.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: kube-system}, spec: {containers: [{name: c, command: [kube-controller-manager, --secure-port=0]}]}}"}, "pass"},
		{"IPv6", "controller-manager-bind-address", map[string]string{"c.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: kube-system}, spec: {containers: [{name: c, command: [kube-controller-manager, '--bind-address=::1']}]}}"}, "pass"},
		{"all of IPv6", "controller-manager-bind-address", map[string]string{"c.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: c, namespace: kube-system}, spec: {containers: [{name: c, command: [kube-controller-manager, '--bind-address=::']}]}}"}, "fail"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := "pass"
			for _, text := range outcome(t, c.files, control.LatestMinor) {
				switch {
				case strings.HasPrefix(text, "? "+c.control+":"):
					got = "unknown"
				case text == c.control:
					got = "fail"
				}
			}
			if got != c.want {
				t.Errorf("%s: got %s, want %s", c.control, got, c.want)
			}
		})
	}
}

// TestFixesOfNodes makes the fixes of every example and judges again: what had a fix is right then.
func TestFixesOfNodes(t *testing.T) {
	const path = "example.yaml"
	for _, c := range nodeControls() {
		if c.Fix != control.Auto {
			continue
		}
		fixed := 0
		for _, e := range c.Cases() {
			broken := fixable(t, path, e.Manifests, c)
			with := slices.DeleteFunc(slices.Clone(broken), func(f control.Finding) bool { return f.Fix == nil })
			if len(with) == 0 {
				continue
			}
			after := fix.Apply(path, []byte(e.Manifests), with, control.Breaking)
			left := fixable(t, path, string(after.After), c)
			if want := len(broken) - len(with); len(left) != want {
				t.Errorf("%s/%s: %d findings are left of %d, want %d: %s\n%s", c.ID, e.Name, len(left), len(broken), want, left[0].Message, after.After)
			}
			fixed++
		}
		if fixed == 0 {
			t.Errorf("%s is fixed in no example", c.ID)
		}
	}
}

// fixable judges one file with one control and its example settings.
func fixable(t *testing.T, path, text string, c *control.Control) []control.Finding {
	t.Helper()
	var inputs iter.Seq[engine.Input] = func(yield func(engine.Input) bool) {
		yield(engine.Input{Path: path, Read: func() ([]byte, error) { return []byte(text), nil }})
	}
	var all []control.Finding
	o := engine.Options{
		Controls: []*control.Control{c}, Params: map[string]map[string][]string{c.ID: c.ExampleParams()}, Version: control.LatestMinor, Now: now, NoFold: true, Fixes: true,
	}
	_, err := engine.Scan(t.Context(), inputs, &o, func(f *report.File) error {
		all = append(all, f.Findings...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
