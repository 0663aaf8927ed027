package component

import (
	"cmp"
	"fmt"
	"net/netip"
	"path"
	"strings"
)

// fromDistributions makes the instances that distributions are told of in files of their own.
func (b *builder) fromDistributions() {
	for n := range b.set.docs {
		d := &b.set.docs[n]
		switch {
		case d.group == "kubeadm.k8s.io" && d.kind == "ClusterConfiguration":
			b.fromKubeadm(d)
		case d.group == "k0s.k0sproject.io" && d.kind == "ClusterConfig":
			b.fromK0s(d, d.fields, "")
		case d.group == "k0sctl.k0sproject.io" && d.kind == "Cluster":
			if spec := d.fields.path("spec.k0s.config"); spec != nil {
				b.fromK0s(d, spec, d.fields.path("spec.k0s.version").str())
			}
		case d.kind == k3sDocument:
			b.fromRancher(d)
		case d.kind == talosDocument:
			b.fromTalos(d)
		default:
		}
	}
	b.fromNodeRegistrations()
}

// argument is a flag that a distribution sets by itself.
type argument struct{ name, value string }

// cluster is what kubeadm works its own flags out of.
type cluster struct {
	version                     Version
	certs, name                 string
	serviceSubnet, podSubnet    string
	domain, advertise, bindPort string
	etcd                        *field
}

// fromKubeadm makes the control plane that kubeadm makes of a ClusterConfiguration: its own flags, unless extraArgs say else.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/controlplane/manifests.go
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/phases/etcd/local.go
func (b *builder) fromKubeadm(d *document) {
	if !d.readableKubeadm() {
		return
	}
	f := d.fields
	c := cluster{
		version:       b.kubeadmVersion(d),
		certs:         certificatesDir(f),
		name:          cmp.Or(f.get("clusterName").str(), "kubernetes"),
		serviceSubnet: cmp.Or(f.path("networking.serviceSubnet").str(), "10.96.0.0/12"),
		podSubnet:     f.path("networking.podSubnet").str(),
		domain:        cmp.Or(f.path("networking.dnsDomain").str(), "cluster.local"),
		etcd:          f.get("etcd"),
	}
	var endpoint *field
	if init := b.index.beside(d, "InitConfiguration"); init != nil {
		endpoint = init.fields.get("localAPIEndpoint")
	}
	c.advertise, c.bindPort = endpoint.get("advertiseAddress").str(), cmp.Or(endpoint.get("bindPort").str(), "6443")
	b.kubeadmInstance(d, APIServer, c.version, "apiServer.extraArgs", c.apiServer(f.path("apiServer.extraArgs")))
	b.kubeadmInstance(d, ControllerManager, c.version, "controllerManager.extraArgs", c.controllerManager())
	b.kubeadmInstance(d, Scheduler, c.version, "scheduler.extraArgs", c.scheduler())
	if c.etcd.get("external").null() {
		b.kubeadmInstance(d, Etcd, c.etcdVersion(), "etcd.local.extraArgs", c.localEtcd())
	}
}

// kubeadmVersions are the versions of kubeadm's API that are read here, and the last minor of Kubernetes that has each.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/util/config/common.go (validateSupportedVersion)
var kubeadmVersions = map[string]int{"v1beta1": 21, "v1beta2": 26, "v1beta3": 36, "v1beta4": Newest, "v1": Newest}

// readableKubeadm reports whether a document is of an API version that is read. addDocument makes a flaw of others.
func (d *document) readableKubeadm() bool {
	_, ok := kubeadmVersions[d.version]
	return ok
}

// checkKubeadm finds a document that kubeadm cannot read any more, as it is never older than the cluster.
func (i *Instance) checkKubeadm(d *document) {
	last := kubeadmVersions[d.version]
	if v := i.Version; v.Known() && v.Minor > last && last < Newest {
		i.refuse(d.fields.get("apiVersion").place, fmt.Sprintf("kubeadm %s does not read kubeadm.k8s.io/%s any more; kubeadm config migrate translates it", v, d.version))
	}
}

// kubeadmEdits is how extra arguments of kubeadm are written: as a list since v1beta4. The text of a ConfigMap is kubeadm's own to change.
func (d *document) kubeadmEdits() editStyle {
	switch {
	case d.inner:
		return editNothing
	case d.version == "v1beta4" || d.version == "v1":
		return editNamed
	default:
		return editMap
	}
}

func (b *builder) kubeadmVersion(d *document) Version {
	f := d.fields.get("kubernetesVersion")
	if v, ok := ParseVersion(f.str()); ok {
		v.Place = f.place
		return v
	}
	return b.version
}

// beside returns the document of a kind that stands in the same file; nil if there is none.
func (x *index) beside(d *document, kind string) *document {
	if d.file == "" || d.inner {
		return nil
	}
	return x.byFile[d.file+"\x00"+kind]
}

// certificatesDir is where a ClusterConfiguration, which may be missing, has its certificates.
func certificatesDir(f *field) string {
	return cmp.Or(f.get("certificatesDir").str(), "/etc/kubernetes/pki")
}

func (c *cluster) cert(name string) string { return path.Join(c.certs, name) }

func (c *cluster) localhost() string {
	if a, err := netip.ParseAddr(c.advertise); err == nil && a.Is6() {
		return "[::1]"
	}
	return "127.0.0.1"
}

func (c *cluster) apiServer(extra *field) []argument {
	args := []argument{
		{"enable-admission-plugins", "NodeRestriction"},
		{"service-cluster-ip-range", c.serviceSubnet},
		{"service-account-key-file", c.cert("sa.pub")},
		{"service-account-signing-key-file", c.cert("sa.key")},
		{"service-account-issuer", "https://kubernetes.default.svc." + c.domain},
		{"client-ca-file", c.cert("ca.crt")},
		{"tls-cert-file", c.cert("apiserver.crt")},
		{"tls-private-key-file", c.cert("apiserver.key")},
		{"kubelet-client-certificate", c.cert("apiserver-kubelet-client.crt")},
		{"kubelet-client-key", c.cert("apiserver-kubelet-client.key")},
		{"enable-bootstrap-token-auth", "true"},
		{"secure-port", c.bindPort},
		{"allow-privileged", "true"},
		{"kubelet-preferred-address-types", "InternalIP,ExternalIP,Hostname"},
		{"requestheader-username-headers", "X-Remote-User"},
		{"requestheader-group-headers", "X-Remote-Group"},
		{"requestheader-extra-headers-prefix", "X-Remote-Extra-"},
		{"requestheader-client-ca-file", c.cert("front-proxy-ca.crt")},
		{"requestheader-allowed-names", "front-proxy-client"},
		{"proxy-client-cert-file", c.cert("front-proxy-client.crt")},
		{"proxy-client-key-file", c.cert("front-proxy-client.key")},
	}
	if c.advertise != "" {
		args = append(args, argument{"advertise-address", c.advertise})
	}
	if external := c.etcd.get("external"); !external.null() {
		args = append(args, argument{"etcd-servers", strings.Join(external.get("endpoints").texts(), ",")})
		for _, a := range []argument{{"etcd-cafile", "caFile"}, {"etcd-certfile", "certFile"}, {"etcd-keyfile", "keyFile"}} {
			if text := external.get(a.value).str(); text != "" {
				args = append(args, argument{a.name, text})
			}
		}
	} else {
		args = append(args, argument{"etcd-servers", "https://" + c.localhost() + ":2379"}, argument{"etcd-cafile", c.cert("etcd/ca.crt")},
			argument{"etcd-certfile", c.cert("apiserver-etcd-client.crt")}, argument{"etcd-keyfile", c.cert("apiserver-etcd-client.key")})
	}
	// Since 1.30 kubeadm leaves the modes to a structured configuration that is given.
	if extra.argument("authorization-config") == nil {
		args = append(args, argument{"authorization-mode", "Node,RBAC"})
	}
	return args
}

func (c *cluster) controllerManager() []argument {
	const kubeconfig = "/etc/kubernetes/controller-manager.conf"
	args := []argument{
		{"bind-address", "127.0.0.1"},
		{"leader-elect", "true"},
		{"kubeconfig", kubeconfig},
		{"authentication-kubeconfig", kubeconfig},
		{"authorization-kubeconfig", kubeconfig},
		{"client-ca-file", c.cert("ca.crt")},
		{"requestheader-client-ca-file", c.cert("front-proxy-ca.crt")},
		{"root-ca-file", c.cert("ca.crt")},
		{"service-account-private-key-file", c.cert("sa.key")},
		{"cluster-signing-cert-file", c.cert("ca.crt")},
		{"cluster-signing-key-file", c.cert("ca.key")},
		{"use-service-account-credentials", "true"},
		{"controllers", "*,bootstrapsigner,tokencleaner"},
		{"cluster-name", c.name},
	}
	if c.podSubnet != "" {
		args = append(args, argument{"allocate-node-cidrs", "true"}, argument{"cluster-cidr", c.podSubnet},
			argument{"service-cluster-ip-range", c.serviceSubnet})
	}
	return args
}

func (c *cluster) scheduler() []argument {
	const kubeconfig = "/etc/kubernetes/scheduler.conf"
	return []argument{
		{"bind-address", "127.0.0.1"},
		{"leader-elect", "true"},
		{"kubeconfig", kubeconfig},
		{"authentication-kubeconfig", kubeconfig},
		{"authorization-kubeconfig", kubeconfig},
	}
}

// etcdVersion is the release of etcd that kubeadm runs: the one of imageTag, else the one that belongs to the release of Kubernetes.
// https://github.com/kubernetes/kubernetes/blob/v1.37.0/cmd/kubeadm/app/constants/constants.go (DefaultEtcdVersion, SupportedEtcdVersion)
func (c *cluster) etcdVersion() Version {
	if f := c.etcd.path("local.imageTag"); !f.null() {
		v, ok := ParseVersion(f.str())
		if v.Place = nowhere(); ok {
			v.Place = f.place
		}
		return v
	}
	switch m := c.version.Minor; {
	case m >= Oldest && m < 34:
		return Version{Major: 3, Minor: 5, Text: "3.5", Place: nowhere()}
	case m >= 34 && m < 37:
		return Version{Major: 3, Minor: 6, Text: "3.6", Place: nowhere()}
	case m == 37:
		return Version{Major: 3, Minor: 7, Text: "3.7", Place: nowhere()}
	default:
		return Version{Place: nowhere()}
	}
}

// localEtcd leaves out what depends on the node: its name, its addresses and the addresses of the others.
func (c *cluster) localEtcd() []argument {
	args := []argument{
		{"data-dir", cmp.Or(c.etcd.path("local.dataDir").str(), "/var/lib/etcd")},
		{"cert-file", c.cert("etcd/server.crt")},
		{"key-file", c.cert("etcd/server.key")},
		{"trusted-ca-file", c.cert("etcd/ca.crt")},
		{"client-cert-auth", "true"},
		{"peer-cert-file", c.cert("etcd/peer.crt")},
		{"peer-key-file", c.cert("etcd/peer.key")},
		{"peer-trusted-ca-file", c.cert("etcd/ca.crt")},
		{"peer-client-cert-auth", "true"},
		{"snapshot-count", "10000"},
		{"listen-metrics-urls", "http://" + c.localhost() + ":2381"},
	}
	switch m := c.version.Minor; {
	case !c.version.Known():
	case m < 34:
		args = append(args, argument{"experimental-initial-corrupt-check", "true"}, argument{"experimental-watch-progress-notify-interval", "5s"})
	default:
		args = append(args, argument{"feature-gates", "InitialCorruptCheck=true"}, argument{"watch-progress-notify-interval", "5s"})
	}
	if c.advertise == "" {
		return args
	}
	host := c.advertise
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return append(args, argument{"listen-client-urls", "https://" + c.localhost() + ":2379,https://" + host + ":2379"},
		argument{"advertise-client-urls", "https://" + host + ":2379"}, argument{"listen-peer-urls", "https://" + host + ":2380"},
		argument{"initial-advertise-peer-urls", "https://" + host + ":2380"})
}

// kubeadmInstance makes one component of kubeadm's defaults and the extra arguments at a path.
func (b *builder) kubeadmInstance(d *document, k Kind, v Version, at string, defaults []argument) {
	extra := d.fields.path(at)
	i := b.distributed(d, k, v, "kubeadm", extra, joinedPlace(d, at), defaults)
	i.Name = k.String() + " of kubeadm's ClusterConfiguration"
	i.edits, i.Probed = d.kubeadmEdits(), true
	if k == APIServer {
		i.checkKubeadm(d)
	}
	b.extraVolumes(i, d.fields.path(strings.TrimSuffix(at, ".extraArgs")+".extraVolumes"))
	b.made = append(b.made, i)
}

// joinedPlace is the path that extra arguments have or would have.
func joinedPlace(d *document, at string) Place {
	p := d.fields.place
	if d.inner {
		p.Inner = at
		return p
	}
	p.Path = joinPath(p.Path, at)
	return p
}

// extraVolumes are the files of the host that kubeadm mounts besides its own, which have the same path in the container.
func (b *builder) extraVolumes(i *Instance, volumes *field) {
	for _, dir := range []string{"/etc/kubernetes/pki", "/etc/ssl/certs", "/etc/ca-certificates", "/etc/pki", "/usr/share/ca-certificates", "/var/lib/etcd"} {
		i.mounts = append(i.mounts, mount{dir, dir, ""})
	}
	if volumes == nil {
		return
	}
	for _, v := range volumes.items {
		if host, in := v.get("hostPath").str(), v.get("mountPath").str(); host != "" && in != "" {
			i.mounts = append(i.mounts, mount{path.Clean(host), path.Clean(in), v.get("name").str()})
		}
	}
}
