package cluster

import (
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// Why there is no admission policy.
const (
	noPolicyForStaticPods = "An admission policy does not see what a static pod is started with."
	noPolicyForNodes      = "Nodes read their configuration from their own files; it never passes admission."
)

// noFixForFiles is why a program cannot name a certificate.
const noFixForFiles = "The certificate has to be issued, and only you know where it lies on the node."

// The documentation that decides.
const (
	etcdSecurityDocs    = "https://etcd.io/docs/v3.6/op-guide/security/"
	etcdFlagDocs        = "https://etcd.io/docs/v3.6/op-guide/configuration/"
	kubeletAuthDocs     = "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/"
	kubeletAPI          = "https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/"
	kubeletTLSDocs      = "https://kubernetes.io/docs/reference/access-authn-authz/kubelet-tls-bootstrapping/"
	kubeletFlagDocs     = "https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/"
	managerFlagDocs     = "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/"
	schedulerFlagDocs   = "https://kubernetes.io/docs/reference/command-line-tools-reference/kube-scheduler/"
	schedulerAPI        = "https://kubernetes.io/docs/reference/config-api/kube-scheduler-config.v1/"
	proxyAPI            = "https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/"
	certificateDocs     = "https://kubernetes.io/docs/setup/best-practices/certificates/"
	kubeadmCertificates = "https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/#kubelet-serving-certs"
)

// anotherEtcd exempts the etcd of an application: it runs in a namespace that is none of Kubernetes' own. Manifests of static pods may name none.
func anotherEtcd(i *component.Instance) bool {
	return i.Kind == component.Etcd && !control.OfCluster(i)
}

// etcdPeersNotUsed exempts an etcd, of an application or of Kubernetes, that other members cannot reach: it listens for them on the host itself.
func etcdPeersNotUsed(i *component.Instance) bool {
	if anotherEtcd(i) {
		return true
	}
	v := i.Flag("listen-peer-urls")
	return v.Known && (v.Set || i.Distribution == "") && control.OnlyLoopback(&v)
}

// noSecurePort exempts a component that serves nothing.
func noSecurePort(i *component.Instance) bool {
	n, ok := i.Flag("secure-port").Int()
	return ok && n == 0
}

// ownRotation exempts kubelets whose certificates the distribution issues and renews itself, when the node starts.
// https://docs.k3s.io/cli/certificate, https://docs.rke2.io/security/certificates
func ownRotation(i *component.Instance) bool {
	return i.Kind == component.Kubelet && (i.Distribution == "k3s" || i.Distribution == "rke2")
}

// kubeletFile is an example of a kubelet's configuration file.
func kubeletFile(lines ...string) string {
	return "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n" + strings.Join(lines, "\n") + "\n"
}

// proxyFile is an example of kube-proxy's configuration file.
func proxyFile(lines ...string) string {
	return "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n" + strings.Join(lines, "\n") + "\n"
}

// schedulerFile is an example of the scheduler's configuration file.
func schedulerFile(lines ...string) string {
	return "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n" + strings.Join(lines, "\n") + "\n"
}

// fails is an example of a configuration file with the field at which the finding is; "" is the file itself.
func fails(name, file, at string) control.Example {
	kind := ""
	for line := range strings.Lines(file) {
		if text, ok := strings.CutPrefix(line, "kind: "); ok {
			kind = strings.TrimSpace(text)
		}
	}
	return control.Example{Name: "file: " + name, Manifests: file, Want: []string{strings.TrimSpace(kind + " " + at)}}
}

// passes is an example of a configuration file with nothing wrong.
func passes(name, file string) control.Example {
	return control.Example{Name: "file: good: " + name, Manifests: file}
}

// staticPod is an example of a static pod that runs a component; its flags are the words of command from 1 on.
func staticPod(name string, flags ...string) string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: kube-system}\nspec:\n  containers:\n  - name: " + name +
		"\n    image: registry.k8s.io/" + name + map[bool]string{true: ":3.6.5-0", false: ":v1.37.0"}[name == "etcd"] + "\n    command:\n    - " + name + "\n")
	for _, flag := range flags {
		b.WriteString("    - \"" + flag + "\"\n")
	}
	return b.String()
}

// etcdPeers are examples of an etcd that other members reach: one for each of the last flags, which fail one by one, then good ones.
func etcdPeers(good []string, bad ...string) []control.Example {
	const reached, container = "--listen-peer-urls=https://10.0.0.4:2380", "Pod/kube-system/etcd spec.containers[0]"
	var out []control.Example
	for _, flag := range bad {
		name, _, _ := strings.Cut(flag, "=")
		args := []string{reached, flag}
		for _, other := range good {
			if !strings.HasPrefix(other, name+"=") {
				args = append(args, other)
			}
		}
		out = append(out, control.Example{Name: flag, Manifests: staticPod("etcd", args...), Want: []string{container + ".command[2]"}})
	}
	for n, flag := range good {
		args := append([]string{reached}, good[:n]...)
		if strings.HasSuffix(flag, "=false") {
			continue // the default
		}
		args = append(args, good[n+1:]...)
		out = append(out, control.Example{Name: "without " + flag, Manifests: staticPod("etcd", args...), Want: []string{container}})
	}
	return append(out,
		control.Example{Name: "good", Manifests: staticPod("etcd", append([]string{reached}, good...)...)},
		control.Example{Name: "good: no other member reaches it", Manifests: staticPod("etcd", "--listen-peer-urls=http://127.0.0.1:2380")},
		control.Example{Name: "good: the default reaches no other member", Manifests: staticPod("etcd", "--listen-client-urls=https://10.0.0.4:2379")},
	)
}
