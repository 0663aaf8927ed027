package pods

import "github.com/kubeharden/kubeharden/control"

// PrivilegeEscalationAllowed: a process could gain more privileges than its parent, because that is the default.
var PrivilegeEscalationAllowed = control.Control{
	ID: "privilege-escalation-allowed", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Set allowPrivilegeEscalation: false",
	Scope:   control.Containers,
	From:    8,
	Unless:  windows,
	Require: noEscalation(control.Is("securityContext.allowPrivilegeEscalation", false)),
	Fix:     control.Auto,
	Risk:    "setuid and setgid programs such as sudo, su or an unprivileged ping gain no privileges any more.",
	Remedy:  "Set allowPrivilegeEscalation: false on the container.",
	Refs: control.Refs{
		PSS:    "restricted",
		CIS:    []string{"5.2.6"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1548.001", "T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/", "https://docs.kernel.org/userspace-api/no_new_privs.html"},
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
	Why: `The default is true: a process may gain privileges through setuid programs and file capabilities. With false the
container runtime sets no_new_privs, which the kernel keeps for all descendants of the process. A flaw in a setuid
program of the image then no longer leads to root.`,
}
