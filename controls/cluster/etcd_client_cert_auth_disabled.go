package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdClientCertAuthDisabled: etcd answers nobody whom it does not know.
var EtcdClientCertAuthDisabled = control.Control{
	ID: "etcd-client-cert-auth-disabled", Section: "etcd", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Require client certificates on etcd",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{control.FlagIs("client-cert-auth", true), control.FlagGiven("trusted-ca-file", "/etc/kubernetes/pki/etcd/ca.crt")}, Unless: anotherEtcd},
	Risk:     "Clients without a certificate of the trusted authority are refused: probes, backups and monitoring that connect without one.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Start etcd with --client-cert-auth=true and --trusted-ca-file with the authority of etcd's clients.",
	Refs: control.Refs{
		CIS:    []string{"2.2"},
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0154"},
		Trivy:     []string{"KCV-0043"},
		Checkov:   []string{"CKV_K8S_117"},
		KubeBench: []string{"2.2"},
	},
	Why: `etcd asks for no password: who reaches its port has the whole cluster, unless it asks for a certificate. Without --trusted-ca-file it takes one of any
authority that the host trusts, the public ones too.`,
}
