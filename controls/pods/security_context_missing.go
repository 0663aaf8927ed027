package pods

import "github.com/kubeharden/kubeharden/control"

// SecurityContextMissing: without a security context a container runs with all that the defaults allow.
var SecurityContextMissing = control.Control{
	ID: "security-context-missing", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:      "Give every container a security context",
	Scope:      control.Containers,
	Unless:     windows,
	Require:    control.Mend(control.Present("securityContext", nil), restrict),
	Suppresses: []string{"run-as-non-root-missing", "capabilities-not-dropped", "capability-net-raw", "seccomp-profile-missing", "privilege-escalation-allowed"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "A program that runs as root, changes users, or uses rare system calls fails.",
	Remedy:     "Set securityContext with allowPrivilegeEscalation: false, capabilities.drop: [ALL], runAsNonRoot: true and seccompProfile.type: RuntimeDefault.",
	Refs: control.Refs{
		CIS:    []string{"5.6.3"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/tasks/configure-pod-container/security-context/", podSecurityStandards},
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
	Why: `A container without a security context runs as the user of its image, mostly root, with the default capabilities, the right to
gain more, and every system call. A security context on the pod does not replace it: capabilities and
allowPrivilegeEscalation exist on containers only.`,
}
