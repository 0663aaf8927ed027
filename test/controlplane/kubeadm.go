// Package controlplane has the files of control planes as the usual installers leave them, written anew from the sources of these
// installers, so that what is said about them can be reviewed line by line.
package controlplane

import (
	"fmt"
	"slices"
	"strings"
)

// File is one file of a node, or of what the cluster holds.
type File struct {
	// Path is relative to the root of the node's file system; objects of the cluster are below "cluster".
	Path, Text string
}

// Oldest and Newest are the minor releases of Kubernetes 1 that kubeadm's files are known of.
const (
	Oldest = 29
	Newest = 37
)

// release is what differs between the releases of kubeadm.
type release struct {
	patch int    // of the release that was looked at
	etcd  string // the tag of its image
	pause string // of --pod-infra-container-image, "" since the kubelet does not need it
}

func releases() map[int]release {
	return map[int]release{
		29: {15, "3.5.16-0", "3.9"},
		30: {14, "3.5.15-0", "3.9"},
		31: {14, "3.5.24-0", "3.10"},
		32: {13, "3.5.24-0", "3.10"},
		33: {13, "3.5.24-0", "3.10"},
		34: {4, "3.6.5-0", "3.10.1"},
		35: {4, "3.6.6-0", ""},
		36: {3, "3.6.8-0", ""},
		37: {2, "3.7.0-0", ""},
	}
}

// The changes that came with a release.
const (
	etcdLivez        = 31 // etcd is asked for /livez and /readyz
	schedulerLivez   = 32
	probePorts       = 34 // probes name their port
	etcdGates        = 34 // etcd 3.6 has no experimental flags
	noFlexVolumes    = 36
	socketInConfig   = 34 // the endpoint of the container runtime moved from a flag to the configuration file
	loggingText      = 30
	crashLoopBackOff = 32
	proxyMode        = 37
)

// kubeadm makes the files of one release.
type kubeadm struct {
	minor int
	release
}

// Kubeadm returns the files of a control plane node that `kubeadm init` made without any configuration, on Ubuntu, with the units of the
// packages of pkgs.k8s.io, and kube-proxy as it is in the cluster.
//
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/controlplane/manifests.go
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/etcd/local.go
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/kubelet/flags.go
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/componentconfigs/kubelet.go
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/addons/proxy/manifests.go
// https://github.com/kubernetes/release/tree/master/cmd/krel/templates/latest
func Kubeadm(minor int) []File {
	k := kubeadm{minor, releases()[minor]}
	return []File{
		{"etc/kubernetes/manifests/kube-apiserver.yaml", k.apiServer().text()},
		{"etc/kubernetes/manifests/kube-controller-manager.yaml", k.controllerManager().text()},
		{"etc/kubernetes/manifests/kube-scheduler.yaml", k.scheduler().text()},
		{"etc/kubernetes/manifests/etcd.yaml", k.etcdServer().text()},
		{"etc/kubernetes/kubelet.conf", kubeletKubeconfig},
		{"var/lib/kubelet/config.yaml", k.kubeletConfig()},
		{"var/lib/kubelet/kubeadm-flags.env", k.kubeletFlags()},
		{"usr/lib/systemd/system/kubelet.service", kubeletService},
		{"usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf", kubeletDropIn},
		{"cluster/kube-proxy.yaml", k.proxy()},
	}
}

// since returns a text from a release on.
func (k *kubeadm) since(minor int, text string) string { return k.either(minor, text, "") }

// either returns one text from a release on and another one before.
func (k *kubeadm) either(minor int, text, before string) string {
	if k.minor >= minor {
		return text
	}
	return before
}

// staticPod is a pod of kubeadm's.
type staticPod struct {
	name, image string
	annotations string
	flags       []string
	requests    string
	host        string
	port        int
	named       bool // the probes name the port
	scheme      string
	live, ready string // the paths of probes; "" if there is none
	startup     string
	mounts      []mount
}

// mount is a folder or file of the host at the same path of the container.
type mount struct {
	name, path string
	write      bool
	file       bool
}

func (p *staticPod) text() string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\nmetadata:\n" + p.annotations + "  labels:\n    component: " + p.name + "\n    tier: control-plane\n")
	b.WriteString("  name: " + p.name + "\n  namespace: kube-system\nspec:\n  containers:\n  - command:\n    - " + p.name + "\n")
	for _, f := range p.flags {
		b.WriteString("    - --" + f + "\n")
	}
	b.WriteString("    image: registry.k8s.io/" + p.image + "\n    imagePullPolicy: IfNotPresent\n")
	p.probe(&b, "livenessProbe", p.live, 8, 10, 10)
	b.WriteString("    name: " + p.name + "\n")
	if p.named {
		fmt.Fprintf(&b, "    ports:\n    - containerPort: %d\n      name: probe-port\n      protocol: TCP\n", p.port)
	}
	p.probe(&b, "readinessProbe", p.ready, 3, 0, 1)
	b.WriteString("    resources:\n      requests:\n" + p.requests)
	p.probe(&b, "startupProbe", p.startup, 24, 10, 10)
	b.WriteString("    volumeMounts:\n")
	for _, m := range p.mounts {
		b.WriteString("    - mountPath: " + m.path + "\n      name: " + m.name + "\n")
		if !m.write {
			b.WriteString("      readOnly: true\n")
		}
	}
	b.WriteString("  hostNetwork: true\n  priority: 2000001000\n  priorityClassName: system-node-critical\n" +
		"  securityContext:\n    seccompProfile:\n      type: RuntimeDefault\n  volumes:\n")
	for _, m := range slices.SortedFunc(slices.Values(p.mounts), func(x, y mount) int { return strings.Compare(x.name, y.name) }) {
		kind := "DirectoryOrCreate"
		if m.file {
			kind = "FileOrCreate"
		}
		b.WriteString("  - hostPath:\n      path: " + m.path + "\n      type: " + kind + "\n    name: " + m.name + "\n")
	}
	b.WriteString("status: {}\n")
	return b.String()
}

func (p *staticPod) probe(b *strings.Builder, name, path string, failures, delay, period int) {
	if path == "" {
		return
	}
	port := fmt.Sprint(p.port)
	if p.named {
		port = "probe-port"
	}
	if p.scheme == "" {
		fmt.Fprintf(b, "    %s:\n      failureThreshold: %d\n      tcpSocket:\n        host: %s\n        port: %s\n", name, failures, p.host, port)
	} else {
		fmt.Fprintf(b, "    %s:\n      failureThreshold: %d\n      httpGet:\n        host: %s\n        path: %s\n        port: %s\n        scheme: %s\n", name, failures, p.host, path, port, p.scheme)
	}
	if delay > 0 {
		fmt.Fprintf(b, "      initialDelaySeconds: %d\n", delay)
	}
	fmt.Fprintf(b, "      periodSeconds: %d\n      timeoutSeconds: 15\n", period)
}

func (k *kubeadm) version() string { return fmt.Sprintf("v1.%d.%d", k.minor, k.patch) }

func (k *kubeadm) component(name string) *staticPod {
	return &staticPod{name: name, image: name + ":" + k.version(), host: "127.0.0.1", scheme: "HTTPS", named: k.minor >= probePorts}
}

// certificates are the folders of CA certificates that Ubuntu has.
func certificates(between ...mount) []mount {
	all := append([]mount{{name: "ca-certs", path: "/etc/ssl/certs"}, {name: "etc-ca-certificates", path: "/etc/ca-certificates"}}, between...)
	return append(all, mount{name: "usr-local-share-ca-certificates", path: "/usr/local/share/ca-certificates"}, mount{name: "usr-share-ca-certificates", path: "/usr/share/ca-certificates"})
}

const pki = "/etc/kubernetes/pki"

func (k *kubeadm) apiServer() *staticPod {
	p := k.component("kube-apiserver")
	p.annotations = "  annotations:\n    kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint: 192.0.2.10:6443\n"
	p.host, p.port, p.live, p.ready, p.startup = "192.0.2.10", 6443, "/livez", "/readyz", "/livez"
	p.requests = "        cpu: 250m\n"
	p.flags = []string{
		"advertise-address=192.0.2.10", "allow-privileged=true", "authorization-mode=Node,RBAC", "client-ca-file=" + pki + "/ca.crt",
		"enable-admission-plugins=NodeRestriction", "enable-bootstrap-token-auth=true", "etcd-cafile=" + pki + "/etcd/ca.crt",
		"etcd-certfile=" + pki + "/apiserver-etcd-client.crt", "etcd-keyfile=" + pki + "/apiserver-etcd-client.key", "etcd-servers=https://127.0.0.1:2379",
		"kubelet-client-certificate=" + pki + "/apiserver-kubelet-client.crt", "kubelet-client-key=" + pki + "/apiserver-kubelet-client.key",
		"kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname", "proxy-client-cert-file=" + pki + "/front-proxy-client.crt",
		"proxy-client-key-file=" + pki + "/front-proxy-client.key", "requestheader-allowed-names=front-proxy-client",
		"requestheader-client-ca-file=" + pki + "/front-proxy-ca.crt", "requestheader-extra-headers-prefix=X-Remote-Extra-",
		"requestheader-group-headers=X-Remote-Group", "requestheader-username-headers=X-Remote-User", "secure-port=6443",
		"service-account-issuer=https://kubernetes.default.svc.cluster.local", "service-account-key-file=" + pki + "/sa.pub",
		"service-account-signing-key-file=" + pki + "/sa.key", "service-cluster-ip-range=10.96.0.0/12", "tls-cert-file=" + pki + "/apiserver.crt",
		"tls-private-key-file=" + pki + "/apiserver.key",
	}
	p.mounts = certificates(mount{name: "k8s-certs", path: pki})
	return p
}

func (k *kubeadm) controllerManager() *staticPod {
	p := k.component("kube-controller-manager")
	p.port, p.live, p.startup = 10257, "/healthz", "/healthz"
	p.requests = "        cpu: 200m\n"
	const kubeconfig = "/etc/kubernetes/controller-manager.conf"
	p.flags = []string{
		"authentication-kubeconfig=" + kubeconfig, "authorization-kubeconfig=" + kubeconfig, "bind-address=127.0.0.1", "client-ca-file=" + pki + "/ca.crt",
		"cluster-name=kubernetes", "cluster-signing-cert-file=" + pki + "/ca.crt", "cluster-signing-key-file=" + pki + "/ca.key",
		"controllers=*,bootstrapsigner,tokencleaner", "kubeconfig=" + kubeconfig, "leader-elect=true",
		"requestheader-client-ca-file=" + pki + "/front-proxy-ca.crt", "root-ca-file=" + pki + "/ca.crt", "service-account-private-key-file=" + pki + "/sa.key",
		"use-service-account-credentials=true",
	}
	between := []mount{{name: "k8s-certs", path: pki}, {name: "kubeconfig", path: kubeconfig, file: true}}
	if k.minor < noFlexVolumes {
		between = append([]mount{{name: "flexvolume-dir", path: "/usr/libexec/kubernetes/kubelet-plugins/volume/exec", write: true}}, between...)
	}
	p.mounts = certificates(between...)
	return p
}

func (k *kubeadm) scheduler() *staticPod {
	p := k.component("kube-scheduler")
	p.port, p.live, p.startup = 10259, "/healthz", "/healthz"
	if k.minor >= schedulerLivez {
		p.live, p.ready, p.startup = "/livez", "/readyz", "/livez"
	}
	p.requests = "        cpu: 100m\n"
	const kubeconfig = "/etc/kubernetes/scheduler.conf"
	p.flags = []string{
		"authentication-kubeconfig=" + kubeconfig, "authorization-kubeconfig=" + kubeconfig, "bind-address=127.0.0.1", "kubeconfig=" + kubeconfig, "leader-elect=true",
	}
	p.mounts = []mount{{name: "kubeconfig", path: kubeconfig, file: true}}
	return p
}

func (k *kubeadm) etcdServer() *staticPod {
	p := k.component("etcd")
	p.image = "etcd:" + k.etcd
	p.annotations = "  annotations:\n    kubeadm.kubernetes.io/etcd.advertise-client-urls: https://192.0.2.10:2379\n"
	p.scheme, p.port, p.live, p.ready, p.startup = "HTTP", 2381, "/livez", "/readyz", "/readyz"
	if k.minor < etcdLivez {
		p.live, p.ready, p.startup = "/health?exclude=NOSPACE&serializable=true", "", "/health?serializable=false"
	}
	p.requests = "        cpu: 100m\n        memory: 100Mi\n"
	const certs = pki + "/etcd"
	p.flags = []string{
		"advertise-client-urls=https://192.0.2.10:2379", "cert-file=" + certs + "/server.crt", "client-cert-auth=true", "data-dir=/var/lib/etcd",
		"initial-advertise-peer-urls=https://192.0.2.10:2380", "initial-cluster=control-plane=https://192.0.2.10:2380", "key-file=" + certs + "/server.key",
		"listen-client-urls=https://127.0.0.1:2379,https://192.0.2.10:2379", "listen-metrics-urls=http://127.0.0.1:2381",
		"listen-peer-urls=https://192.0.2.10:2380", "name=control-plane", "peer-cert-file=" + certs + "/peer.crt", "peer-client-cert-auth=true",
		"peer-key-file=" + certs + "/peer.key", "peer-trusted-ca-file=" + certs + "/ca.crt", "snapshot-count=10000", "trusted-ca-file=" + certs + "/ca.crt",
	}
	if k.minor < etcdGates {
		p.flags = append(p.flags[:4:4], append([]string{"experimental-initial-corrupt-check=true", "experimental-watch-progress-notify-interval=5s"}, p.flags[4:]...)...)
	} else {
		p.flags = append(p.flags[:4:4], append([]string{"feature-gates=InitialCorruptCheck=true"}, append(p.flags[4:], "watch-progress-notify-interval=5s")...)...)
	}
	p.mounts = []mount{{name: "etcd-data", path: "/var/lib/etcd", write: true}, {name: "etcd-certs", path: certs, write: true}}
	return p
}
