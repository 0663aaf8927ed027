package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// SchedulerKubeconfigOwnership: the kubeconfig of the scheduler belongs to root.
var SchedulerKubeconfigOwnership = control.Control{
	ID: "scheduler-kubeconfig-ownership", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own scheduler.conf by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleSchedulerKubeconfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleSchedulerKubeconfig}, Types: []string{"file"}, Root: true},
	Risk:     "A scheduler that runs under another account has to own the file itself.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the kubeconfig of the scheduler.",
	Refs: control.Refs{
		CIS:    []string{"1.1.16"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0107"}, Trivy: []string{"KCV-0063"}, KubeBench: []string{"1.1.16"}},
	Why:   `The owner of the file has the credentials of the scheduler, which binds pods to nodes and reads all pods, and can send it to an API server of his own.`,
}
