package pods

import "github.com/kubeharden/kubeharden/control"

// ProcMountUnmasked: WHY-ONE-LINE.
var ProcMountUnmasked = control.Control{
	ID: "proc-mount-unmasked", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Keep the default /proc mask (unmasked only with hostUsers: false)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove procMount
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"unsafe-proc-mount"},
		Trivy:      []string{"KSV-0027"},
		Polaris:    []string{"procMount"},
		Kyverno:    []string{"pod-security/disallow-proc-mount"},
		Other:      []string{"psa:procMount", "gatekeeper:proc-mount", "terrascan:AC-K8-IA-PO-M-0139", "kics:container_runs_unmasked"},
	},
	Why: ``,
}
