package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilitySysAdmin: SYS_ADMIN is nearly as much as root on the node.
var CapabilitySysAdmin = control.Control{
	ID: "capability-sys-admin", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Never add SYS_ADMIN",
	Scope:      control.Containers,
	Require:    withoutCapability("SYS_ADMIN"),
	Suppresses: []string{"capability-added-dangerous"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "Mounting file systems and entering namespaces from inside of the container fails.",
	Remedy:     "Remove SYS_ADMIN (and ALL) from securityContext.capabilities.add.",
	Bad:        addsBad("SYS_ADMIN"),
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://man7.org/linux/man-pages/man7/capabilities.7.html"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0005"},
		Checkov: []string{"CKV_K8S_39"},
		Kubesec: []string{"CapSysAdmin"},
		Kyverno: []string{"pod-security/disallow-capabilities"},
		Other:   []string{"terrascan:AC-K8-NS-PO-H-0170"},
	},
	Why: `SYS_ADMIN allows mounting, entering namespaces, loading BPF programs and much more: its own manual page calls it the
new root. With it an escape to the node is a few commands. ALL contains it, and runtimes take the name in lower case or with CAP_ too.`,
}
