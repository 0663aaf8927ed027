package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdPeerClientCertAuthDisabled: only members get in.
var EtcdPeerClientCertAuthDisabled = control.Control{
	ID: "etcd-peer-client-cert-auth-disabled", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Require client certificates between etcd peers",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnFields{OnComponents: control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{demandsCertificates("peer-client-cert-auth", "peer-trusted-ca-file"), control.FlagGiven("peer-trusted-ca-file", "/etc/kubernetes/pki/etcd/ca.crt")}, Unless: etcdPeersNotUsed}},
	Risk:     "Members whose certificates come from another authority are refused.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start every member with --peer-client-cert-auth=true and --peer-trusted-ca-file.",
	Refs: control.Refs{
		CIS:    []string{"2.5"},
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0157"},
		Trivy:     []string{"KCV-0046"},
		Checkov:   []string{"CKV_K8S_121"},
		KubeBench: []string{"2.5"},
	},
	Why: `Who speaks to the peer port can send what a member sends, a whole snapshot too. Certificates keep out all but the members. An etcd that listens for
peers on the host itself only is not asked for this.`,
	Examples: etcdPeers([]string{"--peer-client-cert-auth=true", "--peer-trusted-ca-file=/etc/kubernetes/pki/etcd/ca.crt"}, "--peer-client-cert-auth=false"),
}
