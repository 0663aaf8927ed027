package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdPeerTLSMissing: members of the cluster speak TLS with one another.
var EtcdPeerTLSMissing = control.Control{
	ID: "etcd-peer-tls-missing", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Encrypt etcd peer traffic",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnFields{OnComponents: control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{kubeadmFile("peer-cert-file", "etcd/peer.crt"), kubeadmFile("peer-key-file", "etcd/peer.key")}, Unless: func(i *component.Instance) bool { return etcdPeersNotUsed(i) || i.Flag("peer-auto-tls").IsTrue() }}},
	Risk:     "Members that speak plaintext are cut off; all have to change over together, step by step as etcd's documentation says.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Issue certificates for the members, start each with --peer-cert-file and --peer-key-file, and change the peers' addresses to https://.",
	Refs: control.Refs{
		CIS:    []string{"2.4"},
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0156"},
		Trivy:     []string{"KCV-0045"},
		Checkov:   []string{"CKV_K8S_119"},
		KubeBench: []string{"2.4"},
	},
	Why: `Everything that is written goes to the other members, Secrets too, and a peer is believed what it says. An etcd that listens for peers on the host
itself only is not asked for this.`,
	Examples: append(etcdPeers([]string{"--peer-cert-file=/etc/kubernetes/pki/etcd/peer.crt", "--peer-key-file=/etc/kubernetes/pki/etcd/peer.key"}), control.Example{
		Name:      "other files of kubeadm",
		Manifests: staticPod("etcd", append([]string{"--listen-peer-urls=https://10.0.0.4:2380"}, kubeadmEtcd...)...),
		Want:      []string{"Pod/kube-system/etcd spec.containers[0]"},
	}),
}
