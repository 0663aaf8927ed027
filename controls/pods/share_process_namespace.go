package pods

import "github.com/kubeharden/kubeharden/control"

// ShareProcessNamespace: WHY-ONE-LINE.
var ShareProcessNamespace = control.Control{
	ID: "share-process-namespace", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not share the process namespace between containers",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: shareProcessNamespace: false
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1057", "T1552"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Other: []string{"kubehound:SHARE_PS_NAMESPACE"},
	},
	Why: ``,
}
