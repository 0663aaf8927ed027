package component

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// talosWanted keeps what configures components; certificates, keys and tokens are not kept.
func talosWanted(at string) bool {
	for _, root := range []string{
		"machine.type", "machine.kubelet", "cluster.apiServer", "cluster.controllerManager", "cluster.scheduler", "cluster.etcd.extraArgs",
		"cluster.etcd.image", "cluster.proxy",
	} {
		if at == root || strings.HasPrefix(at, root+".") || strings.HasPrefix(at, root+"[") || strings.HasPrefix(root, at+".") {
			return !strings.Contains(at, ".env")
		}
	}
	return false
}

// additive are the flags of Talos whose own values stay beside those of extraArgs.
// https://github.com/siderolabs/talos/blob/main/internal/app/machined/pkg/controllers/k8s/control_plane_static_pod.go
var additive = []string{"enable-admission-plugins", "feature-gates", "authorization-mode", "tls-cipher-suites", "service-account-issuer"}

// fromTalos makes the components of a machine configuration.
func (b *builder) fromTalos(d *document) {
	f := d.fields
	secrets := "/system/secrets/kubernetes/kube-apiserver"
	instance := func(k Kind, at string, defaults []argument) *Instance {
		v, ok := imageVersion(f.path(at + ".image").str())
		if v.Place = nowhere(); !ok {
			v = b.versionOf(k)
		}
		extra := f.path(at + ".extraArgs")
		i := b.distributed(d, k, v, "talos", extra, joinedPlace(d, at+".extraArgs"), defaults)
		for _, name := range additive {
			if k == APIServer && extra.argument(name) != nil {
				i.keepDefault(name, defaults)
			}
		}
		i.edits = editMap
		b.made = append(b.made, i)
		return i
	}
	if kind := f.path("machine.type").str(); kind != "worker" && kind != "join" {
		instance(APIServer, "cluster.apiServer", []argument{
			{"anonymous-auth", "false"},
			{"allow-privileged", "true"},
			{"profiling", "false"},
			{"bind-address", "0.0.0.0"},
			{"admission-control-config-file", "/system/config/kubernetes/kube-apiserver/admission-control-config.yaml"},
			{"audit-policy-file", "/system/config/kubernetes/kube-apiserver/auditpolicy.yaml"},
			{"audit-log-path", "/var/log/audit/kube/kube-apiserver.log"},
			{"audit-log-maxage", "30"},
			{"audit-log-maxbackup", "10"},
			{"audit-log-maxsize", "100"},
			{"enable-admission-plugins", "NodeRestriction"},
			{"authorization-mode", "Node,RBAC"},
			{"client-ca-file", path.Join(secrets, "ca.crt")},
			{"encryption-provider-config", path.Join(secrets, "encryptionconfig.yaml")},
			{"etcd-cafile", path.Join(secrets, "etcd-client-ca.crt")},
			{"etcd-certfile", path.Join(secrets, "etcd-client.crt")},
			{"etcd-keyfile", path.Join(secrets, "etcd-client.key")},
			{"tls-min-version", "VersionTLS12"},
			{"kubelet-client-certificate", path.Join(secrets, "apiserver-kubelet-client.crt")},
			{"kubelet-client-key", path.Join(secrets, "apiserver-kubelet-client.key")},
			{"service-account-key-file", path.Join(secrets, "service-account.pub")},
			{"service-account-signing-key-file", path.Join(secrets, "service-account.key")},
			{"tls-cert-file", path.Join(secrets, "apiserver.crt")},
			{"tls-private-key-file", path.Join(secrets, "apiserver.key")},
			{"requestheader-client-ca-file", path.Join(secrets, "aggregator-ca.crt")},
			{"requestheader-allowed-names", "front-proxy-client"},
		})
		instance(ControllerManager, "cluster.controllerManager", []argument{
			{"bind-address", "127.0.0.1"},
			{"use-service-account-credentials", "true"},
			{"profiling", "false"},
			{"tls-min-version", "VersionTLS13"},
			{"root-ca-file", "/system/secrets/kubernetes/kube-controller-manager/ca.crt"},
			{"service-account-private-key-file", "/system/secrets/kubernetes/kube-controller-manager/service-account.key"},
		})
		instance(Scheduler, "cluster.scheduler", []argument{{"bind-address", "127.0.0.1"}, {"profiling", "false"}, {"tls-min-version", "VersionTLS13"}})
		instance(Etcd, "cluster.etcd", []argument{
			{"client-cert-auth", "true"},
			{"cert-file", "/system/secrets/etcd/server.crt"},
			{"key-file", "/system/secrets/etcd/server.key"},
			{"trusted-ca-file", "/system/secrets/etcd/ca.crt"},
			{"peer-client-cert-auth", "true"},
			{"peer-cert-file", "/system/secrets/etcd/peer.crt"},
			{"peer-key-file", "/system/secrets/etcd/peer.key"},
			{"peer-trusted-ca-file", "/system/secrets/etcd/ca.crt"},
			{"auto-tls", "false"},
			{"peer-auto-tls", "false"},
			{"data-dir", "/var/lib/etcd"},
		})
		if !f.path("cluster.proxy.disabled").isTrue() {
			instance(Proxy, "cluster.proxy", nil)
		}
	}
	kubelet := instance(Kubelet, "machine.kubelet", nil)
	b.talosKubelet(kubelet, d)
}

// talosKubelet adds the configuration file that Talos writes for the kubelet.
// https://github.com/siderolabs/talos/blob/main/internal/app/machined/pkg/controllers/k8s/kubelet_spec.go
func (b *builder) talosKubelet(i *Instance, d *document) {
	c := &i.config
	c.path, c.base = "/etc/kubernetes/kubelet.yaml", true
	c.fields = d.fields.path("machine.kubelet.extraConfig")
	c.at = joinedPlace(d, "machine.kubelet.extraConfig")
	if c.fields != nil {
		c.docs = []*document{{object: d.object, file: d.file, group: "kubelet.config.k8s.io", version: "v1beta1", kind: "KubeletConfiguration", fields: c.fields}}
	}
	distribution := map[string]string{
		"authentication.x509.clientCAFile": "/etc/kubernetes/pki/ca.crt", "authentication.anonymous.enabled": "false",
		"authentication.webhook.enabled": "true", "authorization.mode": "Webhook", "rotateCertificates": "true", "tlsMinVersion": "VersionTLS13",
		"streamingConnectionIdleTimeout": "5m0s", "protectKernelDefaults": "true", "staticPodPath": "/etc/kubernetes/manifests",
	}
	// https://docs.siderolabs.com/talos/latest/reference/configuration/v1alpha1/config (defaultRuntimeSeccompProfileEnabled)
	if d.fields.path("machine.kubelet.defaultRuntimeSeccompProfileEnabled").isTrue() {
		distribution["seccompDefault"] = "true"
	}
	c.distribution = distributionFields(distribution)
}

func distributionFields(fields map[string]string) map[string]Value {
	out := make(map[string]Value, len(fields))
	for name, text := range fields {
		out[name] = Value{Set: true, Known: true, Text: text, Source: FromDistribution, Place: nowhere()}
	}
	return out
}

// keepDefault puts what the distribution sets in front of what the user adds.
func (i *Instance) keepDefault(name string, defaults []argument) {
	for _, a := range defaults {
		if a.name == name {
			own := statement{name: name, text: a.value, place: nowhere(), value: nowhere(), source: FromDistribution}
			i.flags[name] = slices.Insert(i.flags[name], 0, own)
		}
	}
}

// fromK0s makes the control plane of a ClusterConfig of k0s.
// https://docs.k0sproject.io/stable/configuration/
// https://github.com/k0sproject/k0s/blob/main/pkg/component/controller/apiserver.go
func (b *builder) fromK0s(d *document, f *field, version string) {
	v, ok := ParseVersion(version)
	if !ok {
		v = b.version
	}
	pki := "/var/lib/k0s/pki"
	base := strings.TrimSuffix(f.place.Path, ".")
	instance := func(k Kind, at string, v Version, defaults []argument) {
		place := f.place
		place.Path = joinPath(base, at)
		i := b.distributed(d, k, v, "k0s", f.path(at), place, defaults)
		i.edits = editMap
		b.made = append(b.made, i)
	}
	api := []argument{
		{"allow-privileged", "true"},
		{"enable-admission-plugins", "NodeRestriction"},
		{"authorization-mode", "Node,RBAC"},
		{"profiling", "false"},
		{"client-ca-file", path.Join(pki, "ca.crt")},
		{"kubelet-client-certificate", path.Join(pki, "apiserver-kubelet-client.crt")},
		{"kubelet-client-key", path.Join(pki, "apiserver-kubelet-client.key")},
		{"kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname"},
		{"requestheader-allowed-names", "front-proxy-client"},
		{"requestheader-client-ca-file", path.Join(pki, "front-proxy-ca.crt")},
		{"requestheader-extra-headers-prefix", "X-Remote-Extra-"},
		{"requestheader-group-headers", "X-Remote-Group"},
		{"requestheader-username-headers", "X-Remote-User"},
		{"service-account-key-file", path.Join(pki, "sa.pub")},
		{"service-account-signing-key-file", path.Join(pki, "sa.key")},
		{"tls-cert-file", path.Join(pki, "server.crt")},
		{"tls-private-key-file", path.Join(pki, "server.key")},
		{"egress-selector-config-file", "/var/lib/k0s/konnectivity.conf"},
		{"secure-port", cmp.Or(f.path("spec.api.port").str(), "6443")},
		{"enable-bootstrap-token-auth", "true"},
	}
	etcd := cmp.Or(f.path("spec.storage.type").str(), "etcd") == "etcd"
	if etcd && f.path("spec.storage.etcd.externalCluster").null() {
		api = append(api, argument{"etcd-servers", "https://127.0.0.1:2379"}, argument{"etcd-cafile", path.Join(pki, "etcd/ca.crt")},
			argument{"etcd-certfile", path.Join(pki, "apiserver-etcd-client.crt")}, argument{"etcd-keyfile", path.Join(pki, "apiserver-etcd-client.key")})
	}
	instance(APIServer, "spec.api.extraArgs", v, api)
	instance(ControllerManager, "spec.controllerManager.extraArgs", v, []argument{
		{"profiling", "false"},
		{"use-service-account-credentials", "true"},
		{"bind-address", "127.0.0.1"},
		{"root-ca-file", path.Join(pki, "ca.crt")},
		{"service-account-private-key-file", path.Join(pki, "sa.key")},
		{"client-ca-file", path.Join(pki, "ca.crt")},
	})
	instance(Scheduler, "spec.scheduler.extraArgs", v, []argument{{"profiling", "false"}, {"bind-address", "127.0.0.1"}})
	if etcd && f.path("spec.storage.etcd.externalCluster").null() {
		instance(Etcd, "spec.storage.etcd.extraArgs", b.versionOf(Etcd), []argument{
			{"client-cert-auth", "true"},
			{"peer-client-cert-auth", "true"},
			{"data-dir", "/var/lib/k0s/etcd"},
			{"cert-file", path.Join(pki, "etcd/server.crt")},
			{"key-file", path.Join(pki, "etcd/server.key")},
			{"trusted-ca-file", path.Join(pki, "etcd/ca.crt")},
			{"peer-cert-file", path.Join(pki, "etcd/peer.crt")},
			{"peer-key-file", path.Join(pki, "etcd/peer.key")},
			{"peer-trusted-ca-file", path.Join(pki, "etcd/ca.crt")},
		})
	}
}

// fromArgumentFiles makes the components of MicroK8s.
func (b *builder) fromArgumentFiles() {
	snap := strings.NewReplacer("${SNAP_DATA}", "/var/snap/microk8s/current", "$SNAP_DATA", "/var/snap/microk8s/current",
		"${SNAP_COMMON}", "/var/snap/microk8s/common", "$SNAP_COMMON", "/var/snap/microk8s/common",
		"${SNAP}", "/snap/microk8s/current", "$SNAP", "/snap/microk8s/current")
	for n := range b.set.texts {
		t := &b.set.texts[n]
		k, ok := kindOf(path.Base(t.file))
		if t.kind != arguments || !ok {
			continue
		}
		node, _ := b.index.nodeOf(t.file)
		i := &Instance{
			Kind: k, Name: k.String() + " of MicroK8s", Object: t.object, File: t.file, Node: nodeName(node), Version: b.versionOf(k),
			Distribution: "microk8s", edits: editWords, files: b.index,
		}
		words := make([]word, len(t.words))
		for m, w := range t.words {
			w.text = snap.Replace(w.text)
			if strings.Contains(w.text, "$") {
				w.opaque = "the variable in " + short(w.text) + " is not set by the file"
			}
			words[m] = w
		}
		if len(words) > 0 {
			last := words[len(words)-1].place
			last.Start = last.End
			i.end = &last
		}
		b.addWords(i, words)
		b.configure(i, node, "")
		b.made = append(b.made, i)
	}
}
