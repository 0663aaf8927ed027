package pods

import "github.com/kubeharden/kubeharden/control"

// PrivilegeEscalationAllowed: WHY-ONE-LINE.
var PrivilegeEscalationAllowed = control.Control{
	ID: "privilege-escalation-allowed", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Set allowPrivilegeEscalation: false",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: set false
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "restricted",
		CIS:    []string{"5.2.6"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1548.001", "T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"privilege-escalation-container"},
		Kubescape:  []string{"C-0016"},
		Trivy:      []string{"KSV-0001"},
		Checkov:    []string{"CKV_K8S_20"},
		Polaris:    []string{"privilegeEscalationAllowed"},
		Kubeaudit:  []string{"privesc/AllowPrivilegeEscalationNil", "privesc/AllowPrivilegeEscalationTrue"},
		Kubesec:    []string{"AllowPrivilegeEscalation"},
		Kyverno:    []string{"pod-security/disallow-privilege-escalation"},
		KubeBench:  []string{"5.2.6"},
		Other:      []string{"psa:allowPrivilegeEscalation", "gatekeeper:allow-privilege-escalation", "terrascan:AC-K8-CA-PO-H-0165", "semgrep:allow-privilege-escalation", "semgrep:allow-privilege-escalation-true", "semgrep:allow-privilege-escalation-no-securitycontext"},
	},
	Why: ``,
}
