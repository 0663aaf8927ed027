package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeProxyKubeconfigPermissions: the credentials of kube-proxy stay with it.
var KubeProxyKubeconfigPermissions = control.Control{
	ID: "kube-proxy-kubeconfig-permissions", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Restrict the kube-proxy kubeconfig to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleProxyKubeconfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleProxyKubeconfig}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "A kube-proxy that does not run as root needs to own the file.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the kubeconfig of kube-proxy.",
	Refs: control.Refs{
		CIS:    []string{"4.1.3"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark},
	},
	Peers: control.Peers{Kubescape: []string{"C-0164"}, Trivy: []string{"KCV-0071"}, KubeBench: []string{"4.1.3"}},
	Why:   `The file holds the credentials of kube-proxy, with which all Services and endpoints of the cluster can be read.`,
}
