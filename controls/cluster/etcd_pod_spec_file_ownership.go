package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// EtcdPodSpecFileOwnership: nobody but root decides how etcd is started.
var EtcdPodSpecFileOwnership = control.Control{
	ID: "etcd-pod-spec-file-ownership", Section: "etcd", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own etcd.yaml by root:root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("etcd", node.RoleStaticPod),
	Require:  &control.NodeFiles{Roles: []string{node.RoleStaticPod}, Component: "etcd", Root: true},
	Risk:     "A tool that writes the file under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the file.",
	Refs: control.Refs{
		CIS:    []string{"1.1.8"},
		NSA:    []string{nsaEtcd},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0099"}, Trivy: []string{"KCV-0055"}, KubeBench: []string{"1.1.8"}},
	Why: `An owner can give himself every right on his file, whatever its mode says. The kubelet runs what the file says as root, so its owner is root on
the control plane.`,
}
