package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// KubeletTLSMinVersionTooLow: the kubelet speaks no version that is broken.
var KubeletTLSMinVersionTooLow = control.Control{
	ID: "kubelet-tls-min-version-too-low", Section: "kubelet", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Require TLS 1.2+ on the kubelet",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  &control.OnComponents{Of: []component.Kind{component.Kubelet}, Settings: []control.Setting{control.FlagTLSMin("tls-min-version", "VersionTLS10", "VersionTLS12", "VersionTLS13")}},
	Risk:     "Clients that know only TLS 1.0 and 1.1 cannot connect any more.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForNodes,
	Remedy:   "Leave tlsMinVersion out of the kubelet's configuration file, which means TLS 1.2, or set it to VersionTLS12 or VersionTLS13.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: encryption"},
		MITRE:  []string{"T1557"},
		Source: []string{kubeletAPI, kubeletFlagDocs},
	},
	Why: `TLS 1.0 and 1.1 can be attacked with known means and are withdrawn by RFC 8996.`,
	Examples: []control.Example{
		fails("old", kubeletFile("tlsMinVersion: VersionTLS11"), "tlsMinVersion"),
		passes("new", kubeletFile("tlsMinVersion: VersionTLS13")),
		passes("the default", kubeletFile("cgroupDriver: systemd")),
	},
}
