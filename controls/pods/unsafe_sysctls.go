package pods

import "github.com/kubeharden/kubeharden/control"

// UnsafeSysctls: WHY-ONE-LINE.
var UnsafeSysctls = control.Control{
	ID: "unsafe-sysctls", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Use only safe sysctls (and no cr8escape separators)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove sysctl
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"unsafe-sysctls"},
		Trivy:      []string{"KSV-0026"},
		Kyverno:    []string{"pod-security/restrict-sysctls", "other/prevent-cr8escape"},
		Other:      []string{"psa:sysctls", "gatekeeper:forbidden-sysctls", "terrascan:AC-K8-IA-PO-H-0137", "kics:cluster_allows_unsafe_sysctls"},
	},
	Why: ``,
}
