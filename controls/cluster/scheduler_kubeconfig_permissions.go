package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// SchedulerKubeconfigPermissions: nobody else acts as the scheduler.
var SchedulerKubeconfigPermissions = control.Control{
	ID: "scheduler-kubeconfig-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict scheduler.conf to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleSchedulerKubeconfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleSchedulerKubeconfig}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "A scheduler that does not run as root needs to own the file.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the kubeconfig of the scheduler.",
	Refs: control.Refs{
		CIS:    []string{"1.1.15"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0106"}, Trivy: []string{"KCV-0062"}, KubeBench: []string{"1.1.15"}},
	Why:   `With the credentials in it anybody is the scheduler, which binds pods to nodes and reads all pods.`,
}
