package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// EtcdDataDirPermissions: only etcd looks into its data.
var EtcdDataDirPermissions = control.Control{
	ID: "etcd-data-dir-permissions", Section: "etcd", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Restrict the etcd data directory to 700",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleEtcdData),
	Require:  &control.NodeFiles{Roles: []string{node.RoleEtcdData}, Types: []string{"directory"}, Mode: 0o700},
	Risk:     "Backup jobs that read the folder as another user no longer can; etcdctl snapshot save does not need it.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 700 on the data directory of etcd.",
	Refs: control.Refs{
		CIS:    []string{"1.1.11"},
		NSA:    []string{nsaEtcd},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, "https://etcd.io/docs/v3.6/op-guide/security/"},
	},
	Peers: control.Peers{Kubescape: []string{"C-0102"}, Trivy: []string{"KCV-0058"}, KubeBench: []string{"1.1.11"}},
	Why: `The folder holds all objects of the cluster, Secrets among them, in plain text unless they are encrypted. Who can read it needs no API server; who can
write it changes roles and bindings past every admission.`,
}
