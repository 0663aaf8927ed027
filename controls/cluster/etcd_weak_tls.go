package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// EtcdWeakTLS: what is recorded today stays secret.
var EtcdWeakTLS = control.Control{
	ID: "etcd-weak-tls", Section: "etcd", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Use strong ciphers and TLS 1.2+ on etcd",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Etcd}, Settings: []control.Setting{control.FlagCiphers("cipher-suites"), control.FlagTLSMin("tls-min-version", "TLS1.1", "TLS1.2", "TLS1.3")}, Unless: anotherEtcd},
	Risk:     "Clients that know only the old suites or versions cannot connect any more.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Take weak suites out of --cipher-suites, and set --tls-min-version to TLS1.2 or TLS1.3.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: etcd", "Network separation: encryption"},
		MITRE:  []string{"T1552.007", "T1040"},
		Source: []string{etcdSecurityDocs, etcdFlagDocs, "https://pkg.go.dev/crypto/tls#InsecureCipherSuites"},
	},
	Why: `Suites without forward secrecy give recorded traffic away with the key; RC4 and 3DES are broken. Without the two flags etcd chooses well by itself.`,
}
