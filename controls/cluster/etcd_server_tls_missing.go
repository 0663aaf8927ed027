package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdServerTLSMissing: nobody on the network reads or changes what etcd holds.
var EtcdServerTLSMissing = control.Control{
	ID: "etcd-server-tls-missing", Section: "etcd", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Serve etcd over TLS",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Etcd}, Given: kubeadmEtcd, Settings: []control.Setting{kubeadmFile("cert-file", "etcd/server.crt"), kubeadmFile("key-file", "etcd/server.key")}, Unless: func(i *component.Instance) bool { return anotherEtcd(i) || i.Flag("auto-tls").IsTrue() }},
	Risk:     "Clients that speak plaintext cannot connect any more; every API server has to be told https addresses and --etcd-cafile.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Issue a certificate for etcd, start it with --cert-file and --key-file, and listen and advertise https:// addresses only.",
	Refs: control.Refs{
		CIS:    []string{"2.1"},
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0153"},
		Trivy:     []string{"KCV-0042"},
		Checkov:   []string{"CKV_K8S_116"},
		KubeBench: []string{"2.1"},
		Other:     []string{"kube-hunter:KHV034"},
	},
	Why: `etcd holds every object of the cluster, Secrets too. Without TLS whoever sees the traffic between the API server and etcd reads them, and whoever gets
in between writes them: that is cluster-admin without a trace in the audit log.`,
}
