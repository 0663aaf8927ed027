package pods

import "github.com/kubeharden/kubeharden/control"

// SecurityContextMissing: WHY-ONE-LINE.
var SecurityContextMissing = control.Control{
	ID: "security-context-missing", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:      "Define a security context for pod and containers",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: full restricted block
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"run-as-non-root-missing", "capabilities-not-dropped", "seccomp-profile-missing", "privilege-escalation-allowed"},
	Refs: control.Refs{
		CIS:    []string{"1.12:5.6.3", "1.11:5.6.3", "1.10:5.7.3"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0211"},
		Trivy:     []string{"KSV-0118"},
		Checkov:   []string{"CKV_K8S_29", "CKV_K8S_30"},
		Kubeaudit: []string{"capabilities/CapabilityOrSecurityContextMissing"},
		Kyverno:   []string{"other/add-default-securitycontext"},
		KubeBench: []string{"5.6.3"},
		Other:     []string{"terrascan:AC-K8-NS-PO-M-0122"},
	},
	Why: ``,
}
