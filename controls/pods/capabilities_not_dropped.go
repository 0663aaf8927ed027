package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilitiesNotDropped: a container that drops nothing keeps the capabilities that the runtime gives to everybody.
var CapabilitiesNotDropped = control.Control{
	ID: "capabilities-not-dropped", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:      "Drop ALL capabilities",
	Scope:      control.Containers,
	From:       22,
	Unless:     windows,
	Require:    control.Mend(control.Contains("securityContext.capabilities.drop", "ALL"), dropAll),
	Suppresses: []string{"capability-net-raw"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "Programs that rely on a default capability, such as chown, setuid, raw sockets or ports below 1024, fail unless it is added back; what the manifest adds stays.",
	Remedy:     "Set securityContext.capabilities.drop to [ALL]; add NET_BIND_SERVICE back for a port below 1024.",
	Refs: control.Refs{
		PSS:    "restricted",
		CIS:    []string{"5.2.9"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/", "https://man7.org/linux/man-pages/man7/capabilities.7.html"},
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
	Why: `Container runtimes hand out about a dozen capabilities by default, among them DAC_OVERRIDE, SETUID and NET_RAW. A
process that runs as an ordinary user needs none of them, and an attacker can use all of them. Only the spelling ALL
counts: the Pod Security Standards compare it letter by letter.`,
}
