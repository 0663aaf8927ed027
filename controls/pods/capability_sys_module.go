package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilitySysModule: SYS_MODULE loads code into the kernel that all containers of the node share.
var CapabilitySysModule = control.Control{
	ID: "capability-sys-module", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Never add SYS_MODULE",
	Scope:      control.Containers,
	Require:    withoutCapability("SYS_MODULE"),
	Suppresses: []string{"capability-added-dangerous"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "The container cannot load kernel modules any more; they must be loaded by the node.",
	Remedy:     "Remove SYS_MODULE (and ALL) from securityContext.capabilities.add; list the module in /etc/modules-load.d of the node.",
	Bad:        addsBad("SYS_MODULE"),
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://man7.org/linux/man-pages/man7/capabilities.7.html"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0120"},
		Kyverno: []string{"pod-security/disallow-capabilities"},
		Other:   []string{"kubehound:CE_MODULE_LOAD"},
	},
	Why: `SYS_MODULE loads modules into the kernel, which the container shares with its node and with all other pods. Nothing
confines a kernel module: whoever may load one owns the node. ALL contains the capability.`,
}
