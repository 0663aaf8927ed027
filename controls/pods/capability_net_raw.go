package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilityNetRaw: WHY-ONE-LINE.
var CapabilityNetRaw = control.Control{
	ID: "capability-net-raw", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:      "Drop NET_RAW",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: drop NET_RAW (or ALL)
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"capabilities-not-dropped"},
	Refs: control.Refs{
		CIS:    []string{"5.2.8"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1557", "T1040"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"drop-net-raw-capability"},
		Trivy:      []string{"KSV-0119"},
		Checkov:    []string{"CKV_K8S_28"},
		Kyverno:    []string{"best-practices/drop-cap-net-raw"},
		KubeBench:  []string{"5.2.8"},
		Other:      []string{"terrascan:AC-K8-IA-PS-M-0112", "kube-hunter:KHV020", "kube-hunter:KHV030"},
	},
	Why: ``,
}
