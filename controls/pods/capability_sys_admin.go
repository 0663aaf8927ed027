package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilitySysAdmin: WHY-ONE-LINE.
var CapabilitySysAdmin = control.Control{
	ID: "capability-sys-admin", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Never add SYS_ADMIN",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: remove add
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"capability-added-dangerous"},
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0005"},
		Checkov: []string{"CKV_K8S_39"},
		Kubesec: []string{"CapSysAdmin"},
		Kyverno: []string{"pod-security/disallow-capabilities"},
		Other:   []string{"terrascan:AC-K8-NS-PO-H-0170"},
	},
	Why: ``,
}
