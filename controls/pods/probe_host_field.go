package pods

import "github.com/kubeharden/kubeharden/control"

// ProbeHostField: WHY-ONE-LINE.
var ProbeHostField = control.Control{
	ID: "probe-host-field", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not set host in probes or lifecycle handlers (SSRF from the node)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove host
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1190", "T1046"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Other: []string{"psa:hostProbesAndhostLifecycle", "gatekeeper:host-probes-lifecycle"},
	},
	Why: ``,
}
