package component

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/tree"
)

// k3sKeys are the keys of k3s and RKE2 that decide something here. Others may be tokens and are not kept.
var k3sKeys = []string{
	"kube-apiserver-arg", "kube-controller-manager-arg", "kube-scheduler-arg", "kubelet-arg", "kube-proxy-arg", "etcd-arg", "secrets-encryption",
	"protect-kernel-defaults", "profile", "selinux", "server", "cluster-init", "tls-san", "disable", "datastore-endpoint", "datastore-cafile",
	"datastore-certfile", "datastore-keyfile", "cluster-cidr", "service-cidr", "cluster-domain", "data-dir", "https-listen-port", "write-kubeconfig-mode", "disable-apiserver", "disable-etcd",
	"disable-controller-manager", "disable-scheduler", "disable-kube-proxy", "etcd-expose-metrics", "kubelet-path", "anonymous-auth", "audit-policy-file",
	"pod-security-admission-config-file",
}

func k3sWanted(path string) bool {
	head, _, _ := strings.Cut(path, "[")
	head = strings.TrimSuffix(strings.Trim(head, `"`), "+")
	return slices.Contains(k3sKeys, head)
}

// k3sServerKeys are keys that only servers have.
var k3sServerKeys = []string{
	"kube-apiserver-arg", "kube-controller-manager-arg", "kube-scheduler-arg", "etcd-arg", "secrets-encryption", "cluster-init", "tls-san", "disable",
	"datastore-endpoint", "cluster-cidr", "service-cidr", "cluster-domain", "https-listen-port", "write-kubeconfig-mode",
}

// fromRancher makes the components of a k3s or RKE2 node.
// https://docs.k3s.io/installation/configuration#configuration-file
// https://github.com/k3s-io/k3s/blob/v1.33.0+k3s1/pkg/daemons/control/server.go
func (b *builder) fromRancher(d *document) {
	if path.Base(path.Dir(d.file)) == "config.yaml.d" {
		if base := b.index.byFile[path.Join(path.Dir(path.Dir(d.file)), "config.yaml")+"\x00"+k3sDocument]; base != nil {
			return // read with the file that it belongs to
		}
	}
	f := d.fields
	for _, drop := range b.k3sDropIns(d) {
		f = mergeK3s(f, drop.fields)
	}
	if f == nil || f.kind != tree.Mapping {
		return
	}
	distribution := "k3s"
	if strings.Contains(d.file, "rke2") {
		distribution = "rke2"
	}
	b.rancherNode(d, f, distribution)
}

func (b *builder) k3sDropIns(d *document) []*document {
	dir := path.Join(path.Dir(d.file), path.Base(d.file)+".d")
	node, _ := b.index.nodeOf(d.file)
	var out []*document
	for _, other := range b.index.docs[node] {
		if other.kind == k3sDocument && path.Dir(other.file) == dir {
			out = append(out, other)
		}
	}
	slices.SortFunc(out, func(x, y *document) int { return strings.Compare(x.file, y.file) })
	return out
}

// mergeK3s lays a drop-in over a configuration: keys replace, those with a plus behind them add to a list.
// https://docs.k3s.io/installation/configuration#value-merge-behavior
func mergeK3s(base, patch *field) *field {
	if base == nil || patch == nil || patch.kind != tree.Mapping {
		return base
	}
	out := *base
	out.keys, out.items = slices.Clone(base.keys), slices.Clone(base.items)
	for n, key := range patch.keys {
		name, adds := strings.CutSuffix(key, "+")
		value := patch.items[n]
		if old := out.get(name); adds && old != nil {
			sum := *old
			sum.items = slices.Concat(old.list(), value.list())
			sum.kind = tree.Sequence
			value = &sum
		}
		out.set(name, value)
	}
	return &out
}

// list returns the items of a list, or a scalar as the only one.
func (f *field) list() []*field {
	if f.kind == tree.Scalar {
		return []*field{f}
	}
	return f.items
}

func (b *builder) rancherNode(d *document, f *field, distribution string) {
	data := f.get("data-dir").str()
	if data == "" {
		data = "/var/lib/rancher/" + distribution
	}
	tls := path.Join(data, "server/tls")
	server := f.get("server").null() || slices.ContainsFunc(k3sServerKeys, func(k string) bool { return f.get(k) != nil })
	instance := func(k Kind, key string, defaults []argument) {
		i := b.distributed(d, k, b.versionOf(k), distribution, f.get(key), joinedPlace(d, key), defaults)
		i.edits = editStrings
		if k == Kubelet {
			b.rancherKubelet(i, d, path.Join(data, "agent/etc/kubelet.conf.d"))
		}
		b.made = append(b.made, i)
	}
	if server {
		api := []argument{
			{"allow-privileged", "true"},
			{"authorization-mode", "Node,RBAC"},
			{"anonymous-auth", "false"},
			{"profiling", "false"},
			{"enable-admission-plugins", "NodeRestriction"},
			{"bind-address", "127.0.0.1"},
			{"cert-dir", path.Join(tls, "temporary-certs")},
			{"client-ca-file", path.Join(tls, "client-ca.crt")},
			{"kubelet-certificate-authority", path.Join(tls, "server-ca.crt")},
			{"kubelet-client-certificate", path.Join(tls, "client-kube-apiserver.crt")},
			{"kubelet-client-key", path.Join(tls, "client-kube-apiserver.key")},
			{"tls-cert-file", path.Join(tls, "serving-kube-apiserver.crt")},
			{"tls-private-key-file", path.Join(tls, "serving-kube-apiserver.key")},
			{"service-account-key-file", path.Join(tls, "service.key")},
			{"service-account-signing-key-file", path.Join(tls, "service.current.key")},
			{"requestheader-client-ca-file", path.Join(tls, "request-header-ca.crt")},
			{"requestheader-allowed-names", "system:auth-proxy"},
			{"requestheader-extra-headers-prefix", "X-Remote-Extra-"},
			{"requestheader-group-headers", "X-Remote-Group"},
			{"requestheader-username-headers", "X-Remote-User"},
			{"proxy-client-cert-file", path.Join(tls, "client-auth-proxy.crt")},
			{"proxy-client-key-file", path.Join(tls, "client-auth-proxy.key")},
			{"storage-backend", "etcd3"},
		}
		api = append(api, rancherStore(f, distribution, data)...)
		manager := []argument{
			{"profiling", "false"},
			{"bind-address", "127.0.0.1"},
			{"use-service-account-credentials", "true"},
			{"allocate-node-cidrs", "true"},
			{"root-ca-file", path.Join(tls, "server-ca.crt")},
			{"service-account-private-key-file", path.Join(tls, "service.current.key")},
		}
		if distribution == "rke2" {
			api = append(api, rke2Files(f, data)...)
			manager = append(manager, argument{"terminated-pod-gc-threshold", "1000"})
		}
		if v := f.get("secrets-encryption"); v.isTrue() || distribution == "rke2" && !v.isFalse() {
			api = append(api, argument{"encryption-provider-config", path.Join(data, "server/cred/encryption-config.json")})
		}
		instance(APIServer, "kube-apiserver-arg", api)
		instance(ControllerManager, "kube-controller-manager-arg", manager)
		instance(Scheduler, "kube-scheduler-arg", []argument{{"profiling", "false"}, {"bind-address", "127.0.0.1"}})
		if embedsEtcd(f, distribution) {
			etcd := path.Join(tls, "etcd")
			instance(Etcd, "etcd-arg", []argument{
				{"client-cert-auth", "true"},
				{"cert-file", path.Join(etcd, "server-client.crt")},
				{"key-file", path.Join(etcd, "server-client.key")},
				{"trusted-ca-file", path.Join(etcd, "server-ca.crt")},
				{"peer-client-cert-auth", "true"},
				{"peer-cert-file", path.Join(etcd, "peer-server-client.crt")},
				{"peer-key-file", path.Join(etcd, "peer-server-client.key")},
				{"peer-trusted-ca-file", path.Join(etcd, "peer-ca.crt")},
				{"data-dir", path.Join(data, "server/db/etcd")},
			})
		}
	}
	agent := path.Join(data, "agent")
	kubelet := []argument{
		{"anonymous-auth", "false"},
		{"authentication-token-webhook", "true"},
		{"authorization-mode", "Webhook"},
		{"read-only-port", "0"},
		{"client-ca-file", path.Join(agent, "client-ca.crt")},
		{"tls-cert-file", path.Join(agent, "serving-kubelet.crt")},
		{"tls-private-key-file", path.Join(agent, "serving-kubelet.key")},
	}
	if f.get("protect-kernel-defaults").isTrue() || strings.HasPrefix(f.get("profile").str(), "cis") {
		kubelet = append(kubelet, argument{"protect-kernel-defaults", "true"})
	}
	instance(Kubelet, "kubelet-arg", kubelet)
	if !f.get("disable-kube-proxy").isTrue() {
		instance(Proxy, "kube-proxy-arg", []argument{{"healthz-bind-address", "127.0.0.1"}})
	}
}

// rancherKubelet reads the folder of drop-ins that k3s and RKE2 give their kubelet since 1.32. They write their own settings there, which later
// files replace, and no longer give them as flags.
// https://github.com/k3s-io/k3s/blob/v1.32.0+k3s1/pkg/daemons/agent/agent.go (defaultKubeletConfig)
func (b *builder) rancherKubelet(i *Instance, d *document, dir string) {
	node, _ := b.index.nodeOf(d.file)
	c := &i.config
	for _, drop := range b.index.dropIns(node, dir, documentKind(Kubelet)) {
		if c.fields == nil {
			c.at = drop.fields.place
		}
		b.take(i, drop)
		c.fields = merge(c.fields, drop.fields.from(FromDropIn))
	}
	if c.fields == nil {
		return
	}
	for name, given := range i.flags {
		spec, ok, _ := FlagSpec(i.Kind, i.Version, name)
		if ok && spec.Field != "" && !c.fields.path(spec.Field).null() && given[len(given)-1].source == FromDistribution {
			delete(i.flags, name)
			i.order = slices.DeleteFunc(i.order, func(other string) bool { return other == name })
		}
	}
}

// rke2Files returns the flags of the files that RKE2 writes if they are not there. With a profile it writes an audit policy, which logs nothing.
// https://github.com/rancher/rke2/blob/v1.33.0+rke2r1/pkg/podexecutor/staticpod.go (APIServer)
func rke2Files(f *field, data string) []argument {
	args := []argument{
		{"kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname"},
		{"admission-control-config-file", cmp.Or(f.get("pod-security-admission-config-file").str(), "/etc/rancher/rke2/rke2-pss.yaml")},
	}
	policy := f.get("audit-policy-file").str()
	if policy == "" && strings.HasPrefix(f.get("profile").str(), "cis") {
		policy = "/etc/rancher/rke2/audit-policy.yaml"
	}
	if policy == "" {
		return args
	}
	return append(args, argument{"audit-policy-file", policy}, argument{"audit-log-path", path.Join(data, "server/logs/audit.log")},
		argument{"audit-log-maxage", "30"}, argument{"audit-log-maxbackup", "10"}, argument{"audit-log-maxsize", "100"})
}

// embedsEtcd reports whether a server runs etcd itself. One that joins another server does, unless it has a store of its own.
// https://docs.k3s.io/datastore
func embedsEtcd(f *field, distribution string) bool {
	if !f.get("datastore-endpoint").null() {
		return false
	}
	return distribution == "rke2" || f.get("cluster-init") != nil || f.get("etcd-arg") != nil || !f.get("server").null()
}

// rancherStore returns the flags that say where the API server stores objects: in the etcd of the server, in another one, or behind kine, which
// is a socket on the node.
// https://github.com/k3s-io/k3s/blob/v1.33.0+k3s1/pkg/daemons/control/server.go (setupStorageBackend)
// https://github.com/k3s-io/k3s/blob/v1.33.0+k3s1/pkg/etcd/etcd.go (setEtcdStorageBackend)
func rancherStore(f *field, distribution, data string) []argument {
	endpoint := f.get("datastore-endpoint").str()
	switch {
	case embedsEtcd(f, distribution):
		etcd := path.Join(data, "server/tls/etcd")
		return []argument{
			{"etcd-servers", "https://127.0.0.1:2379"},
			{"etcd-cafile", path.Join(etcd, "server-ca.crt")},
			{"etcd-certfile", path.Join(etcd, "client.crt")},
			{"etcd-keyfile", path.Join(etcd, "client.key")},
		}
	case !strings.HasPrefix(endpoint, "https://") && !strings.HasPrefix(endpoint, "http://"):
		// The endpoint of a database may hold a password.
		return []argument{{"etcd-servers", "unix://kine.sock"}}
	}
	args := []argument{{"etcd-servers", endpoint}}
	for _, file := range []string{"cafile", "certfile", "keyfile"} {
		if text := f.get("datastore-" + file).str(); text != "" {
			args = append(args, argument{"etcd-" + file, text})
		}
	}
	return args
}

// fromRancherUnit reads k3s server --kube-apiserver-arg=… in a unit, as the installer of k3s writes it.
func (b *builder) fromRancherUnit(s *service, st *started, words []word) {
	if len(words) == 0 {
		return
	}
	name := path.Base(words[0].text)
	if name != "k3s" && name != "rke2" {
		return
	}
	at := Place{Object: st.file.object}
	root := &field{kind: tree.Mapping, place: at, source: FromFlag}
	for n := 1; n < len(words); n++ {
		flag, ok := strings.CutPrefix(words[n].text, "--")
		if !ok {
			continue
		}
		key, value, has := strings.Cut(flag, "=")
		w := words[n]
		if !has && n+1 < len(words) && !strings.HasPrefix(words[n+1].text, "-") {
			n++
			value, w = words[n].text, words[n]
		} else if !has {
			value = "true"
		}
		if !k3sWanted(key) {
			continue
		}
		item := &field{kind: tree.Scalar, scalar: tree.String, text: value, place: w.place, source: FromFlag}
		if list := root.get(key); list != nil {
			list.items = append(list.items, item)
			continue
		}
		root.set(key, &field{kind: tree.Sequence, items: []*field{item}, text: value, place: w.place})
	}
	if len(root.keys) == 0 && len(b.index.docs[s.node]) > 0 {
		return // the configuration file says it all
	}
	made := len(b.made)
	d := &document{object: st.file.object, file: st.file.file, kind: k3sDocument, fields: root}
	agent := len(words) > 1 && words[1].text == "agent"
	b.rancherNode(d, root, name)
	kept := b.made[:made]
	for _, i := range b.made[made:] {
		i.edits, i.Path, i.list = editNothing, "", ""
		i.Name = i.Kind.String() + " of " + s.name
		if !agent || i.Kind == Kubelet || i.Kind == Proxy {
			kept = append(kept, i)
		}
	}
	b.made = kept
}
