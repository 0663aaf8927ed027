package cluster

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/node"
)

// PKICertificatePermissions: certificates are public, and nobody writes them.
var PKICertificatePermissions = control.Control{
	ID: "pki-certificate-permissions", Section: "control-plane-other", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Restrict PKI certificates to 644 or tighter",
	Scope:    control.Objects,
	Kinds:    nodeFacts,
	Unless:   control.NodeLacks("", node.RolePKICertificate),
	Require:  &control.NodeFiles{Roles: []string{node.RolePKICertificate}, Types: []string{"file"}, Mode: 0o644},
	Risk:     "A tool that renews certificates under another account no longer can.",
	Fix:      control.Advice,
	NoFix:    noFixForFacts,
	NoPolicy: noPolicyForFacts,
	Remedy:   "Run chmod 644 on the certificates.",
	Refs: control.Refs{
		CIS:    []string{"1.1.20"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1552.001"},
		Source: []string{cisBenchmark, certificateDocs},
	},
	Peers: control.Peers{Kubescape: []string{"C-0111"}, Trivy: []string{"KCV-0068"}, KubeBench: []string{"1.1.20"}},
	Why:   `A certificate is no secret, but who can write that of an authority adds his own, and every component believes him then.`,
}
