package cluster

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverEtcdClientCertMissing: whoever writes to etcd owns the cluster.
var ApiserverEtcdClientCertMissing = control.Control{
	ID: "apiserver-etcd-client-cert-missing", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Let the API server authenticate to etcd with a certificate",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   etcdOnSocket,
		Given:    kubeadmGiven,
		Settings: []control.Setting{etcdFile("etcd-certfile", "apiserver-etcd-client.crt"), etcdFile("etcd-keyfile", "apiserver-etcd-client.key")},
	},
	Risk:     "If the file is not there the API server does not start; if etcd does not trust it, the API server cannot read.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start etcd with --client-cert-auth and the API server with --etcd-certfile and --etcd-keyfile.",
	Refs: control.Refs{
		CIS:    []string{"1.2.23"},
		NSA:    []string{nsaEtcd, nsaEncryption},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{"https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#securing-etcd-clusters", pkiDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0137"},
		Trivy:     []string{"KCV-0026"},
		Checkov:   []string{"CKV_K8S_99"},
		KubeBench: []string{"1.2.23"},
	},
	Why: `An API server without a certificate reaches etcd only if etcd asks for none, and then everybody else who reaches port 2379 reads all
Secrets and writes what he likes.`,
}

// etcdOnSocket exempts an API server that reaches its store on a socket of the node, as k3s does.
func etcdOnSocket(i *component.Instance) bool {
	servers, ok := i.Flag("etcd-servers").List()
	return ok && len(servers) > 0 && !slices.ContainsFunc(servers, func(s string) bool { return !strings.HasPrefix(s, "unix:") })
}

// etcdFile is kubeadmFile for the files of etcd.
func etcdFile(flag, file string) control.Setting { return kubeadmFile(flag, file) }
