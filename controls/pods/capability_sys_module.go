package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilitySysModule: WHY-ONE-LINE.
var CapabilitySysModule = control.Control{
	ID: "capability-sys-module", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Never add SYS_MODULE",
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
		Trivy:   []string{"KSV-0120"},
		Kyverno: []string{"pod-security/disallow-capabilities"},
		Other:   []string{"kubehound:CE_MODULE_LOAD"},
	},
	Why: ``,
}
