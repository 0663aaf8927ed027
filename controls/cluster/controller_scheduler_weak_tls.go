package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ControllerSchedulerWeakTLS: what is recorded today stays secret.
var ControllerSchedulerWeakTLS = control.Control{
	ID: "controller-scheduler-weak-tls", Section: "control-plane-other", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Use TLS 1.2+ and strong ciphers on controller-manager and scheduler",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.ControllerManager, component.Scheduler}, Settings: []control.Setting{control.FlagTLSMin("tls-min-version", "VersionTLS10", "VersionTLS12", "VersionTLS13"), strongSuites()}, Unless: noSecurePort},
	Risk:     "Clients that know only the old suites or versions cannot connect any more.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForStaticPods,
	Remedy:   "Take weak suites out of --tls-cipher-suites, and set --tls-min-version to VersionTLS12 or VersionTLS13; without the flags both choose well by themselves from Kubernetes 1.32 on.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1562"},
		Source: []string{managerFlagDocs, schedulerFlagDocs, "https://pkg.go.dev/crypto/tls#InsecureCipherSuites"},
	},
	Peers: control.Peers{
		Other: []string{"stig:V-242376,V-242377"},
	},
	Why: `TLS 1.0 and 1.1 are withdrawn by RFC 8996. Suites without forward secrecy give recorded traffic away with the key; RC4 and 3DES are broken.`,
}
