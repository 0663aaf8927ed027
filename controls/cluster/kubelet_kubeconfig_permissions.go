package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// KubeletKubeconfigPermissions: nobody else acts as this node.
var KubeletKubeconfigPermissions = control.Control{
	ID: "kubelet-kubeconfig-permissions", Section: "kubelet", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict kubelet.conf to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RoleKubeletKubeconfig),
	Require:  &control.NodeFiles{Roles: []string{node.RoleKubeletKubeconfig}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "Agents that borrow the credentials of the kubelet no longer can; give them an account of their own.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the kubeconfig of the kubelet.",
	Refs: control.Refs{
		CIS:    []string{"4.1.5"},
		NSA:    []string{nsaKubeconfig},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, "https://kubernetes.io/docs/reference/access-authn-authz/node/"},
	},
	Peers: control.Peers{Kubescape: []string{"C-0166", "C-0238"}, Trivy: []string{"KCV-0073"}, KubeBench: []string{"4.1.5"}},
	Why: `With the credentials in it, or in the certificate that it names, anybody is this node: he reads the Secrets of all pods on it, gets tokens of their
accounts and reports what he likes.`,
}
