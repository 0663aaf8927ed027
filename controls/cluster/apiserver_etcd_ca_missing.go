package cluster

import (
	"path"
	"strings"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverEtcdCaMissing: the API server believes what etcd says.
var ApiserverEtcdCaMissing = control.Control{
	ID: "apiserver-etcd-ca-missing", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Verify etcd from the API server",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   etcdOnSocket,
		Given:    kubeadmGiven,
		Settings: []control.Setting{etcdFile("etcd-cafile", "etcd/ca.crt"), etcdOverTLS()},
	},
	Risk:     "If etcd serves a certificate of another CA the API server cannot read.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --etcd-cafile, and with https in --etcd-servers.",
	Refs: control.Refs{
		CIS:    []string{"1.2.26"},
		NSA:    []string{nsaEtcd, nsaEncryption},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{"https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/#securing-etcd-clusters", pkiDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0140"},
		Trivy:     []string{"KCV-0029"},
		Checkov:   []string{"CKV_K8S_102"},
		KubeBench: []string{"1.2.26"},
	},
	Why: `Without the CA the API server cannot tell etcd from somebody in between, who then reads every Secret that is stored and hands out any
object: roles, bindings, pods. Over http nothing is verified at all.`,
}

// etcdOverTLS requires the servers to be asked over TLS. What has no scheme is taken as http.
func etcdOverTLS() control.Setting {
	s := control.FlagTold("etcd-servers", "must be https", func(v *component.Value, _ *component.Instance) string {
		items, _ := v.List()
		for _, server := range items {
			if scheme, _, _ := strings.Cut(server, ":"); scheme == "http" {
				return "has " + server + ", without TLS"
			}
		}
		return ""
	}, []string{"http://127.0.0.1:2379", "https://10.0.0.1:2379,http://10.0.0.2:2379"}, []string{"https://127.0.0.1:2379"})
	s.Edits = func(i *component.Instance) []component.Edit {
		// An etcd that has its files from kubeadm serves TLS and nothing else.
		if ca := i.Flag("etcd-cafile"); !ca.Known || path.Clean(ca.Text) != kubeadmPKI+"/etcd/ca.crt" {
			return nil
		}
		items, _ := i.Flag("etcd-servers").List()
		for n, server := range items {
			if rest, plain := strings.CutPrefix(server, "http://"); plain {
				items[n] = "https://" + rest
			}
		}
		return set(i, "etcd-servers", strings.Join(items, ","))
	}
	return s
}
