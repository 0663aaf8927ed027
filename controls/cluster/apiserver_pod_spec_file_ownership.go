package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// APIServerPodSpecFileOwnership: nobody but root decides how the API server is started.
var APIServerPodSpecFileOwnership = control.Control{
	ID: "apiserver-pod-spec-file-ownership", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Own kube-apiserver.yaml by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("kube-apiserver", node.RoleStaticPod),
	Require:  &control.NodeFiles{Roles: []string{node.RoleStaticPod}, Component: "kube-apiserver", Root: true},
	Risk:     "A tool that writes the file under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the file.",
	Refs: control.Refs{
		CIS:    []string{"1.1.2"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, kubeadmDetails},
	},
	Peers: control.Peers{Kubescape: []string{"C-0093"}, Trivy: []string{"KCV-0049"}, KubeBench: []string{"1.1.2"}},
	Why: `An owner can give himself every right on his file, whatever its mode says. The kubelet runs what the file says as root, so its owner is root on
the control plane.`,
}
