package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// EtcdPodSpecFilePermissions: only root reads and writes how etcd is started.
var EtcdPodSpecFilePermissions = control.Control{
	ID: "etcd-pod-spec-file-permissions", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict etcd.yaml to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("etcd", node.RoleStaticPod),
	Require:  &control.NodeFiles{Roles: []string{node.RoleStaticPod}, Component: "etcd", Mode: 0o600},
	Risk:     "Agents that read static pods as another user than root no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the file. The kubelet reads it as root and does not restart the pod for that.",
	Refs: control.Refs{
		CIS:    []string{"1.1.7"},
		NSA:    []string{nsaEtcd},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0098"}, Trivy: []string{"KCV-0054"}, KubeBench: []string{"1.1.7"}},
	Why: `The kubelet starts what this file says, and etcd holds every Secret of the cluster. Who can write the file can open etcd to the network or take
its authentication away; who can read it knows where its keys lie.`,
}
