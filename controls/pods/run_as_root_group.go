package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsRootGroup: WHY-ONE-LINE.
var RunAsRootGroup = control.Control{
	ID: "run-as-root-group", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:      "Do not use GID 0 as primary, supplementary or fs group",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: runAsGroup/fsGroup 10001, drop 0
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"run-as-low-gid"},
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"run-as-non-root"},
		Trivy:      []string{"KSV-0116"},
		Kyverno:    []string{"other/require-non-root-groups", "psp-migration/psp-check-supplemental-groups"},
		Other:      []string{"gatekeeper:users", "gatekeeper:fsgroup"},
	},
	Why: ``,
}
