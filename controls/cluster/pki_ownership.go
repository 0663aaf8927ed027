package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// PKIOwnership: certificates and keys of the cluster belong to root.
var PKIOwnership = control.Control{
	ID: "pki-ownership", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Own the PKI directory and files by root",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RolePKIDirectory, node.RolePKICertificate, node.RolePKIKey),
	Require:  &control.NodeFiles{Roles: []string{node.RolePKIDirectory, node.RolePKICertificate, node.RolePKIKey}, Root: true},
	Risk:     "A component that runs under another account has to own what it reads; files of the accounts that components run as are taken as right.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chown root:root on the folder of certificates and on what is in it.",
	Refs: control.Refs{
		CIS:    []string{"1.1.19"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, certificateDocs},
	},
	Peers: control.Peers{Kubescape: []string{"C-0110"}, Trivy: []string{"KCV-0066"}, KubeBench: []string{"1.1.19"}},
	Why:   `Who owns a key has it. Who owns the folder, or the certificate of an authority, puts his own in its place and is then trusted by every component.`,
}
