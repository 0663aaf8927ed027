package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdAutoTLSEnabled: clients can tell that it is etcd.
var EtcdAutoTLSEnabled = control.Control{
	ID: "etcd-auto-tls-enabled", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Do not use self-signed auto TLS for etcd clients",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{control.FlagIs("auto-tls", false)}, Unless: anotherEtcd},
	Risk:     "etcd needs --cert-file and --key-file then, or it speaks plaintext.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Issue a certificate for etcd, give it with --cert-file and --key-file, and set --auto-tls=false.",
	Refs: control.Refs{
		CIS:    []string{"2.3"},
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0155"},
		Trivy:     []string{"KCV-0044"},
		Checkov:   []string{"CKV_K8S_118"},
		KubeBench: []string{"2.3"},
	},
	Why: `A certificate that etcd signs itself at each start is one that no client can verify. Clients that skip verification talk to whoever answers.`,
}
