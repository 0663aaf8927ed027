package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeProxyKubeconfigOwnership: the kubeconfig of kube-proxy belongs to root.
var KubeProxyKubeconfigOwnership = control.Control{
	ID: "kube-proxy-kubeconfig-ownership", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Own the kube-proxy kubeconfig by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleProxyKubeconfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleProxyKubeconfig}, Types: []string{"file"}, Root: true},
	Risk:     "A kube-proxy that does not run as root no longer reads the file if its mode is 0600.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the kubeconfig of kube-proxy.",
	Refs: control.Refs{
		CIS:    []string{"4.1.4"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark},
	},
	Peers: control.Peers{Kubescape: []string{"C-0165"}, Trivy: []string{"KCV-0072"}, KubeBench: []string{"4.1.4"}},
	Why:   `The owner of the file can send kube-proxy to an API server of his own, which then tells the node where traffic goes.`,
}
