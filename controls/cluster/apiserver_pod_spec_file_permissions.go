package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// APIServerPodSpecFilePermissions: only root reads and writes how the API server is started.
var APIServerPodSpecFilePermissions = control.Control{
	ID: "apiserver-pod-spec-file-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict kube-apiserver.yaml to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("kube-apiserver", node.RoleStaticPod),
	Require:  &control.NodeFiles{Roles: []string{node.RoleStaticPod}, Component: "kube-apiserver", Mode: 0o600},
	Risk:     "Agents that read static pods as another user than root no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the file. The kubelet reads it as root and does not restart the pod for that.",
	Refs: control.Refs{
		CIS:    []string{"1.1.1"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0092"}, Trivy: []string{"KCV-0048"}, KubeBench: []string{"1.1.1"}},
	Why: `The kubelet starts what this file says, as root and with the keys of the cluster mounted. Who can write it runs a program of his choice there
with the next look of the kubelet, and who can read it knows where keys, tokens and audit log lie.`,
}
