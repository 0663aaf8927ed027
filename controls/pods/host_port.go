package pods

import "github.com/kubeharden/kubeharden/control"

// HostPort: WHY-ONE-LINE.
var HostPort = control.Control{
	ID: "host-port", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not bind host ports",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove hostPort
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"1.12:5.2.12", "1.11:5.2.13", "1.10:5.2.13"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1133"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0044"},
		Trivy:     []string{"KSV-0024"},
		Checkov:   []string{"CKV_K8S_26"},
		Polaris:   []string{"hostPortSet"},
		Kyverno:   []string{"pod-security/disallow-host-ports", "pod-security/disallow-host-ports-range"},
		KubeBench: []string{"5.2.12"},
		Other:     []string{"psa:hostPorts", "gatekeeper:host-network-ports", "kics:image_host_port_not_specified"},
	},
	Why: ``,
}
