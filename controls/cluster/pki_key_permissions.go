package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// PKIKeyPermissions: a private key is for one reader.
var PKIKeyPermissions = control.Control{
	ID: "pki-key-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Restrict PKI keys to 600",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RolePKIKey),
	Require:  &control.NodeFiles{Roles: []string{node.RolePKIKey}, Types: []string{"file"}, Mode: 0o600},
	Risk:     "A component that does not run as root needs to own its key.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 600 on the keys; replace those that others may have read.",
	Refs: control.Refs{
		CIS:    []string{"1.1.21"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, certificateDocs},
	},
	Peers: control.Peers{Kubescape: []string{"C-0112"}, Trivy: []string{"KCV-0067"}, KubeBench: []string{"1.1.21"}},
	Why: `With the key of the authority anybody issues himself a certificate of system:masters, which no RBAC limits and nobody can revoke; with that of service
accounts he signs tokens of every account.`,
}
