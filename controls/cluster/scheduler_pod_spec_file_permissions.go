package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// SchedulerPodSpecFilePermissions: only root reads and writes how the scheduler is started.
var SchedulerPodSpecFilePermissions = control.Control{
	ID: "scheduler-pod-spec-file-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict kube-scheduler.yaml to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("kube-scheduler", node.RoleStaticPod),
	Require:  &control.NodeFiles{Roles: []string{node.RoleStaticPod}, Component: "kube-scheduler", Mode: 0o600},
	Risk:     "Agents that read static pods as another user than root no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the file. The kubelet reads it as root and does not restart the pod for that.",
	Refs: control.Refs{
		CIS:    []string{"1.1.5"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0096"}, Trivy: []string{"KCV-0052"}, KubeBench: []string{"1.1.5"}},
	Why: `The kubelet starts what this file says, with the credentials of the scheduler, which binds pods to nodes. Who can write the file has these
credentials, and a pod on the host besides.`,
}
