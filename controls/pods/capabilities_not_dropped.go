package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilitiesNotDropped: WHY-ONE-LINE.
var CapabilitiesNotDropped = control.Control{
	ID: "capabilities-not-dropped", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Drop ALL capabilities",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: capabilities.drop: [ALL], keep declared adds
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "restricted",
		CIS:    []string{"1.12:5.2.9", "1.11:5.2.10", "1.10:5.2.10"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0055", "C-0211"},
		Trivy:     []string{"KSV-0003", "KSV-0004", "KSV-0106"},
		Checkov:   []string{"CKV_K8S_37"},
		Polaris:   []string{"insecureCapabilities", "linuxHardening"},
		Kubeaudit: []string{"capabilities/CapabilityShouldDropAll", "capabilities/CapabilityOrSecurityContextMissing"},
		Kubesec:   []string{"CapDropAny", "CapDropAll"},
		Kyverno:   []string{"pod-security/disallow-capabilities-strict", "best-practices/drop-all-capabilities", "psp-migration/add-capabilities"},
		KubeBench: []string{"5.2.9"},
		Other:     []string{"psa:capabilities_restricted", "gatekeeper:capabilities"},
	},
	Why: ``,
}
