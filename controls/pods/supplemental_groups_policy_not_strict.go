package pods

import "github.com/kubeharden/kubeharden/control"

// SupplementalGroupsPolicyNotStrict: WHY-ONE-LINE.
var SupplementalGroupsPolicyNotStrict = control.Control{
	ID: "supplemental-groups-policy-not-strict", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set supplementalGroupsPolicy: Strict (image /etc/group must not add groups)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: set Strict (1.31+, stable 1.35)
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Why: ``,
}
