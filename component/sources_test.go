package component

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// kubeadmDropIn is the drop-in of the Debian and RPM packages of kubeadm.
// https://github.com/kubernetes/release/blob/master/cmd/krel/templates/latest/kubeadm/10-kubeadm.conf
const kubeadmDropIn = `# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# This is a file that "kubeadm init" and "kubeadm join" generate at runtime
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`

const kubeletUnit = "[Unit]\nDescription=kubelet\n[Service]\nExecStart=/usr/bin/kubelet\nRestart=always\n"

const kubeletFile = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"

// said is what a flag comes to, who says so and where.
func said(i *Instance, flag string) string {
	v := i.Flag(flag)
	if !v.Known {
		return "unknown: " + v.Reason
	}
	at := ""
	if v.Place.Exists() {
		at = fmt.Sprintf(" #%d %s", v.Place.Object, v.Place.Path)
		if v.Place.Inner != "" {
			at += ":" + v.Place.Inner
		}
	}
	return strings.TrimSpace(v.Text + " " + v.Source.String() + strings.TrimRight(at, " "))
}

func TestSources(t *testing.T) {
	for _, test := range []struct {
		name  string
		kind  Kind
		files []string
		want  map[string]string
	}{
		{"a node of kubeadm", Kubelet, []string{
			"node/usr/lib/systemd/system/kubelet.service", kubeletUnit,
			"node/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", kubeadmDropIn,
			"node/var/lib/kubelet/kubeadm-flags.env", `KUBELET_KUBEADM_ARGS="--container-runtime-endpoint=unix:///run/containerd/containerd.sock --event-qps=5"` + "\n",
			"node/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--event-qps=1 --protect-kernel-defaults\n",
			"node/var/lib/kubelet/config.yaml", kubeletFile + "readOnlyPort: 10255\neventRecordQPS: 9\n",
		}, map[string]string{
			"config": "/var/lib/kubelet/config.yaml flag #1", "event-qps": "1 flag #3", "protect-kernel-defaults": "true flag #3",
			"read-only-port": "10255 configuration file #4 readOnlyPort", "anonymous-auth": "false default", "kubeconfig": "/etc/kubernetes/kubelet.conf flag #1",
		}},
		{"loose files of a node", Kubelet, []string{
			"worker-1/kubelet.service", kubeletUnit, "worker-1/10-kubeadm.conf", "ignored", "worker-1/kubelet.service.d/10-kubeadm.conf", kubeadmDropIn,
			"worker-1/kubeadm-flags.env", "KUBELET_KUBEADM_ARGS=\"--read-only-port=1\"\n", "worker-1/config.yaml", kubeletFile + "authorization: {mode: AlwaysAllow}\n",
			"worker-2/config.yaml", "a: b\n",
		}, map[string]string{"authorization-mode": "AlwaysAllow configuration file #4 authorization.mode", "read-only-port": "1 flag #3"}},
		{"drop-ins of a unit in the order of their names", Kubelet, []string{
			"etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet $A ${B}\n",
			"etc/systemd/system/kubelet.service.d/20-b.conf", "[Service]\nEnvironment=A=--v=2 B=--event-qps=2\n",
			"etc/systemd/system/kubelet.service.d/10-a.conf", "[Service]\nEnvironment=A=--v=1 PASSWORD=x\n",
			"etc/default/kubelet", "PASSWORD=hunter2\n",
		}, map[string]string{"v": "2 flag #1", "event-qps": "2 flag #0"}},
		{"an environment file that may be missing", Kubelet, []string{
			"node/etc/systemd/system/kubelet.service.d/10-kubeadm.conf", kubeadmDropIn, "node/var/lib/kubelet/config.yaml", kubeletFile,
		}, map[string]string{"read-only-port": "0 default"}},
		{"an environment file that must be there", Kubelet, []string{
			"node/etc/systemd/system/kubelet.service", "[Service]\nEnvironmentFile=/etc/kubernetes/kubelet.env\nExecStart=/usr/bin/kubelet --v=2 $KUBELET_ARGS\n",
		}, map[string]string{"read-only-port": "unknown: the environment file /etc/kubernetes/kubelet.env was not read", "v": "2 flag #0"}},
		{"a configuration file that was not read", Kubelet, []string{
			"node/etc/systemd/system/kubelet.service", "[Service]\nExecStart=/usr/bin/kubelet --config=/etc/kubelet.yaml --anonymous-auth=false\n",
		}, map[string]string{
			"read-only-port": "unknown: its configuration file /etc/kubelet.yaml was not read", "anonymous-auth": "false flag #0",
		}},
		{"a unit alone that gives no flag", Kubelet, []string{"node/lib/systemd/system/kubelet.service", kubeletUnit}, map[string]string{
			"read-only-port": "unknown: kubelet.service gives no flag, and drop-ins of it were not read",
		}},
		{"a drop-in alone", Kubelet, []string{"etc/kubernetes/kubelet.conf.d/10-a.conf", kubeletFile + "readOnlyPort: 1\n"}, map[string]string{
			"read-only-port": "1 configuration file #0 readOnlyPort",
			"anonymous-auth": "unknown: only a drop-in was read, not the file that it belongs to",
		}},
		{"the hard way", APIServer, []string{
			"etc/systemd/system/kube-apiserver.service",
			"[Service]\nExecStart=/usr/local/bin/kube-apiserver \\\n  --anonymous-auth=false \\\n  # --profiling=true\n  --authorization-mode=Node,RBAC \\\n  --etcd-servers=http://127.0.0.1:2379\n",
		}, map[string]string{"anonymous-auth": "false flag #0", "authorization-mode": "Node,RBAC flag #0", "profiling": "true default"}},
		{"a shell that execs", APIServer, []string{"pod.yaml", pod("kube-apiserver:v1.30.0", `["sh", "-c", "exec /usr/local/bin/kube-apiserver --anonymous-auth='false' --v=2 >>/var/log/a.log 2>&1"]`)}, map[string]string{
			"anonymous-auth": "false flag #0 spec.containers[0].command[2]", "profiling": "true default",
		}},
		{"a script", APIServer, []string{"pod.yaml", pod("kube-apiserver:v1.30.0", `["/bin/bash", "-ec", "kube-apiserver $FLAGS"]`)}, map[string]string{
			"anonymous-auth": "unknown: the command is run by a shell script, which is not interpreted",
		}},
		{"go-runner", Scheduler, []string{"pod.yaml", pod("kube-scheduler:v1.30.0", `["/go-runner", "--log-file=/x", "/usr/local/bin/kube-scheduler", "--profiling=false"]`)}, map[string]string{
			"profiling": "false flag #0 spec.containers[0].command[3]",
		}},
		{"hyperkube", ControllerManager, []string{"pod.yaml", pod("hyperkube:v1.30.0", `["/hyperkube", "controller-manager", "--profiling=0"]`)}, map[string]string{
			"profiling": "0 flag #0 spec.containers[0].command[2]",
		}},
		{"arguments of the image's entry point", Proxy, []string{"pod.yaml", strings.Replace(pod("kube-proxy:v1.30.0", `["--metrics-bind-address=0.0.0.0:10249"]`), "command:", "args:", 1)}, map[string]string{
			"metrics-bind-address": "0.0.0.0:10249 flag #0 spec.containers[0].args[0]",
		}},
		{"variables of a container", APIServer, []string{"pod.yaml", pod("kube-apiserver:v1.30.0",
			`[kube-apiserver, "--advertise-address=$(IP)", "--bind-address=$(BIND)", "--cert-dir=$$(BIND)"]
    env: [{name: BIND, value: 127.0.0.1}, {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]`)}, map[string]string{
			"bind-address":      "127.0.0.1 flag #0 spec.containers[0].command[2]",
			"advertise-address": "unknown: the variable IP is not set by a value in the manifest", "cert-dir": "$(BIND) flag #0 spec.containers[0].command[3]",
		}},
		{"kube-proxy ignores flags beside its file", Proxy, []string{
			"proxy.yaml", "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: kube-proxy, namespace: kube-system}\nspec:\n  template:\n    spec:\n      containers:\n" +
				"      - name: p\n        image: kube-proxy:v1.33.0\n        command: [kube-proxy, --config=/var/lib/kube-proxy/config.conf, --metrics-bind-address=0.0.0.0:1, --hostname-override=a]\n",
			"cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-proxy, namespace: kube-system}\ndata:\n  config.conf: |\n    apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n    metricsBindAddress: 127.0.0.1:10249\n",
		}, map[string]string{
			"metrics-bind-address": `127.0.0.1:10249 configuration file #1 data["config.conf"]:metricsBindAddress`,
			"hostname-override":    "a flag #0 spec.template.spec.containers[0].command[3]",
		}},
		{"a ConfigMap of kubeadm", Kubelet, []string{
			"cm.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubelet-config, namespace: kube-system}\ndata:\n  kubelet: |\n    apiVersion: kubelet.config.k8s.io/v1beta1\n    kind: KubeletConfiguration\n    readOnlyPort: 10255\n",
		}, map[string]string{"read-only-port": "10255 configuration file #0 data.kubelet:readOnlyPort", "anonymous-auth": "false default"}},
		{"etcd: flags over environment", Etcd, []string{"pod.yaml", pod("etcd:3.5.16-0", `[etcd, --client-cert-auth=true]
    env: [{name: ETCD_CLIENT_CERT_AUTH, value: "false"}, {name: ETCD_AUTO_TLS, value: "true"}]`)}, map[string]string{
			"client-cert-auth": "true flag #0 spec.containers[0].command[1]", "auto-tls": "true environment #0 spec.containers[0].env[1].value",
			"peer-auto-tls": "false default",
		}},
		{"etcd: a file makes both void", Etcd, []string{
			"etc/systemd/system/etcd.service", "[Service]\nEnvironment=ETCD_AUTO_TLS=true\nExecStart=/usr/bin/etcd --config-file /etc/etcd/etcd.conf.yml --client-cert-auth=false\n",
			"etc/etcd/etcd.conf.yml", "data-dir: /var/lib/etcd\nclient-transport-security:\n  client-cert-auth: true\n  cert-file: /a\n",
		}, map[string]string{
			"client-cert-auth": "true configuration file #1 client-transport-security.client-cert-auth", "auto-tls": "false default",
			"cert-file": "/a configuration file #1 client-transport-security.cert-file", "peer-cert-file": "default",
		}},
		{"etcd: environment file", Etcd, []string{
			"etc/systemd/system/etcd.service", "[Service]\nEnvironmentFile=/etc/etcd.env\nExecStart=/usr/bin/etcd\n", "etc/etcd.env", "ETCD_PEER_CLIENT_CERT_AUTH=true\n",
		}, map[string]string{"peer-client-cert-auth": "unknown: etcd.service gives no flag, and drop-ins of it were not read"}},
		{"the scheduler ignores deprecated flags beside its file", Scheduler, []string{
			"n/etc/kubernetes/manifests/s.yaml", pod("kube-scheduler:v1.33.0", `[kube-scheduler, --config=/etc/kubernetes/s.conf.yaml, --profiling=false, --leader-elect=false, --bind-address=127.0.0.1]`),
			"n/etc/kubernetes/s.conf.yaml", "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles: [{schedulerName: a}]\n",
		}, map[string]string{
			"profiling": "true default", "leader-elect": "false flag #0 spec.containers[0].command[3]", "bind-address": "127.0.0.1 flag #0 spec.containers[0].command[4]",
		}},
		{"the scheduler's file", Scheduler, []string{
			"s.yaml", "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nenableProfiling: false\n",
		}, map[string]string{"profiling": "false configuration file #0 enableProfiling"}},
		{"k3s", APIServer, []string{"etc/rancher/k3s/config.yaml", "token: hunter2\nkube-apiserver-arg:\n- anonymous-auth=true\n- enable-admission-plugins+=EventRateLimit\nsecrets-encryption: true\n"}, map[string]string{
			"anonymous-auth": "true flag #0 kube-apiserver-arg[0]", "profiling": "false distribution default",
			"enable-admission-plugins":   "NodeRestriction,EventRateLimit flag #0 kube-apiserver-arg[1]",
			"encryption-provider-config": "/var/lib/rancher/k3s/server/cred/encryption-config.json distribution default",
			"etcd-servers":               "unix://kine.sock distribution default", "etcd-cafile": "default",
		}},
		{"rke2's audit log", APIServer, []string{"etc/rancher/rke2/config.yaml", "profile: cis\n"}, map[string]string{
			"audit-policy-file": "/etc/rancher/rke2/audit-policy.yaml distribution default", "audit-log-maxage": "30 distribution default",
			"admission-control-config-file": "/etc/rancher/rke2/rke2-pss.yaml distribution default",
		}},
		{"k3s with etcd", APIServer, []string{"etc/rancher/k3s/config.yaml", "cluster-init: true\n"}, map[string]string{
			"etcd-servers": "https://127.0.0.1:2379 distribution default", "etcd-certfile": "/var/lib/rancher/k3s/server/tls/etcd/client.crt distribution default",
		}},
		{"k3s with a database", APIServer, []string{"etc/rancher/k3s/config.yaml", "datastore-endpoint: mysql://a:secret@tcp(b)/c\n"}, map[string]string{
			"etcd-servers": "unix://kine.sock distribution default",
		}},
		{"k3s with another etcd", APIServer, []string{"etc/rancher/k3s/config.yaml", "datastore-endpoint: https://a:2379\ndatastore-cafile: /ca.crt\n"}, map[string]string{
			"etcd-servers": "https://a:2379 distribution default", "etcd-cafile": "/ca.crt distribution default",
		}},
		{"k3s, a drop-in", Kubelet, []string{
			"etc/rancher/k3s/config.yaml", "kubelet-arg: [v=1]\n", "etc/rancher/k3s/config.yaml.d/a.yaml", "kubelet-arg+: [anonymous-auth=true]\n",
		}, map[string]string{"anonymous-auth": "true flag #1 kubelet-arg+[0]", "v": "1 flag #0 kubelet-arg[0]", "read-only-port": "0 distribution default"}},
		{"k3s in a unit", Kubelet, []string{"etc/systemd/system/k3s.service", "[Service]\nExecStart=/usr/local/bin/k3s \\\n    server \\\n\t'--kubelet-arg=read-only-port=10255' \\\n\t'--protect-kernel-defaults' \\\n\n"}, map[string]string{
			"read-only-port": "10255 flag #0", "protect-kernel-defaults": "true distribution default",
		}},
		{"rke2", Etcd, []string{"etc/rancher/rke2/config.yaml", "profile: cis\netcd-arg: [client-cert-auth=false]\n"}, map[string]string{
			"client-cert-auth": "false flag #0 etcd-arg[0]", "peer-client-cert-auth": "true distribution default",
		}},
		{"k0s", APIServer, []string{"k0s.yaml", "apiVersion: k0s.k0sproject.io/v1beta1\nkind: ClusterConfig\nspec:\n  api:\n    extraArgs:\n      anonymous-auth: \"false\"\n"}, map[string]string{
			"anonymous-auth": "false flag #0 spec.api.extraArgs.anonymous-auth", "authorization-mode": "Node,RBAC distribution default",
		}},
		{"k0sctl", APIServer, []string{"k0s.yaml", "apiVersion: k0sctl.k0sproject.io/v1beta1\nkind: Cluster\nspec:\n  k0s:\n    version: v1.31.1+k0s.0\n    config:\n      spec:\n        api:\n          extraArgs:\n            anonymous-auth: \"false\"\n"}, map[string]string{
			"anonymous-auth": "false flag #0 spec.k0s.config.spec.api.extraArgs.anonymous-auth",
		}},
		{"MicroK8s", APIServer, []string{"var/snap/microk8s/current/args/kube-apiserver", "# comment\n--cert-dir=${SNAP_DATA}/certs\n--authorization-mode=AlwaysAllow\n--anonymous-auth false\n"}, map[string]string{
			"authorization-mode": "AlwaysAllow flag #0", "cert-dir": "/var/snap/microk8s/current/certs flag #0", "anonymous-auth": "true flag #0",
		}},
		{"Talos", APIServer, []string{"controlplane.yaml", talos}, map[string]string{
			"anonymous-auth": "true flag #0 cluster.apiServer.extraArgs.anonymous-auth", "profiling": "false distribution default",
			"enable-admission-plugins": "NodeRestriction,EventRateLimit flag #0 cluster.apiServer.extraArgs.enable-admission-plugins",
		}},
		{"Talos' kubelet", Kubelet, []string{"controlplane.yaml", talos}, map[string]string{
			"read-only-port": "10255 configuration file #0 machine.kubelet.extraConfig.readOnlyPort", "anonymous-auth": "false distribution default",
			"v": "4 flag #0 machine.kubelet.extraArgs.v",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := read(t, test.files...)
			if strings.Contains(everything(s), "hunter2") {
				t.Error("a secret is kept")
			}
			i := only(t, s, test.kind, "v1.33")
			for _, flaw := range i.Flaws {
				if flaw.Object < 0 {
					t.Errorf("a flaw that stands nowhere: %+v", flaw)
				}
			}
			for flag, want := range test.want {
				if got := said(i, flag); got != want {
					t.Errorf("%s: %q, want %q", flag, got, want)
				}
			}
		})
	}
}

// TestTalosSeccomp: the field of the machine configuration is one of the kubelet's file.
func TestTalosSeccomp(t *testing.T) {
	i := only(t, read(t, "controlplane.yaml", talos), Kubelet, "v1.33")
	if v := i.Field("seccompDefault"); !v.IsTrue() || v.Source != FromDistribution {
		t.Errorf("%+v", v)
	}
}

// everything is all text that a set keeps of documents and files.
func everything(s *Set) string {
	var b strings.Builder
	var walk func(f *field)
	walk = func(f *field) {
		b.WriteString(f.text + " ")
		for n, item := range f.items {
			if n < len(f.keys) {
				b.WriteString(f.keys[n] + " ")
			}
			walk(item)
		}
	}
	for n := range s.docs {
		walk(s.docs[n].fields)
	}
	for n := range s.files {
		if s.files[n].fields != nil {
			walk(s.files[n].fields)
		}
	}
	for _, t := range s.texts {
		fmt.Fprintf(&b, "%+v", t)
	}
	return b.String()
}

const talos = `version: v1alpha1
machine:
  type: controlplane
  token: hunter2
  kubelet:
    image: ghcr.io/siderolabs/kubelet:v1.33.0
    defaultRuntimeSeccompProfileEnabled: true
    extraArgs: {v: 4}
    extraConfig: {readOnlyPort: 10255}
cluster:
  secret: hunter2
  apiServer:
    image: registry.k8s.io/kube-apiserver:v1.33.0
    extraArgs:
      anonymous-auth: true
      enable-admission-plugins: EventRateLimit
`

func pod(image, command string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: kube-system}\nspec:\n  containers:\n  - name: a\n    image: registry.k8s.io/" + image +
		"\n    command: " + command + "\n"
}

// TestPlacesInConfigMaps: what the text of a ConfigMap says stands where the file has it, if it is written as a block.
func TestPlacesInConfigMaps(t *testing.T) {
	const head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kubelet-config, namespace: kube-system}\ndata:\n"
	const text = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nauthentication:\n  anonymous:\n    enabled: true\n"
	src := head + "  kubelet: |\n    " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    ") + "\n"
	p := only(t, read(t, "a.yaml", src), Kubelet, "v1.35").Field("authentication.anonymous.enabled").Place
	if p.Path != "data.kubelet" || p.Inner != "authentication.anonymous.enabled" || src[p.Start:p.End] != "true" {
		t.Errorf("%+v", p)
	}
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	p = only(t, read(t, "a.yaml", head+"  kubelet: "+string(quoted)+"\n"), Kubelet, "v1.35").Field("authentication.anonymous.enabled").Place
	if p.Path != "data.kubelet" || p.Start != 0 || p.End != 0 {
		t.Errorf("of a quoted text: %+v", p)
	}
}
