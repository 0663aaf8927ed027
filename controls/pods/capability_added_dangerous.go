package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilityAddedDangerous: capabilities beyond the default set reach out of the container.
var CapabilityAddedDangerous = control.Control{
	ID: "capability-added-dangerous", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Add no capability outside the baseline set",
	Scope: control.Containers,
	Require: control.Only("securityContext.capabilities.add", "NET_ADMIN",
		"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE",
		"SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
	Suppresses: []string{"capability-added-beyond-net-bind-service"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "The program loses the capability; what it did with it, such as changing routes or tracing processes, fails.",
	Remedy:     "Remove the capability from securityContext.capabilities.add, or move what needs it into a small pod of its own.",
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.9"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://man7.org/linux/man-pages/man7/capabilities.7.html"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0046"},
		Trivy:     []string{"KSV-0022"},
		Checkov:   []string{"CKV_K8S_25"},
		Polaris:   []string{"dangerousCapabilities"},
		Kubeaudit: []string{"capabilities/CapabilityAdded"},
		Kyverno:   []string{"pod-security/disallow-capabilities", "psp-migration/psp-restrict-adding-capabilities", "istio/service-mesh-disallow-capabilities"},
		Other:     []string{"psa:capabilities_baseline", "gatekeeper:capabilities", "kubehound:CE_SYS_PTRACE", "falco:Launch Excessively Capable Container"},
	},
	Why: `Capabilities outside of the set that runtimes grant by default work on the node, not only on the container: NET_ADMIN
changes its routes, SYS_PTRACE reads the memory of other processes, BPF loads code into its kernel. The Pod Security
Standards know capability names in upper case without CAP_; any other spelling is refused as well.`,
}
