package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdPeerAutoTLSEnabled: members can tell one another.
var EtcdPeerAutoTLSEnabled = control.Control{
	ID: "etcd-peer-auto-tls-enabled", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Do not use self-signed auto TLS between etcd peers",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnFields{OnComponents: control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{control.FlagIs("peer-auto-tls", false)}, Unless: etcdPeersNotUsed}},
	Risk:     "Members need --peer-cert-file and --peer-key-file then, or they speak plaintext.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Issue certificates for the members, give them with --peer-cert-file and --peer-key-file, and set --peer-auto-tls=false.",
	Refs: control.Refs{
		CIS:    []string{"2.6"},
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0158"},
		Trivy:     []string{"KCV-0047"},
		KubeBench: []string{"2.6"},
	},
	Why:      `Certificates that each member signs itself prove nothing: the traffic is encrypted, with whoever joins in.`,
	Examples: etcdPeers([]string{"--peer-auto-tls=false"}, "--peer-auto-tls=true"),
}
