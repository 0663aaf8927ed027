package pods

import "github.com/kubeharden/kubeharden/control"

// SeccompDeprecatedAnnotation: WHY-ONE-LINE.
var SeccompDeprecatedAnnotation = control.Control{
	ID: "seccomp-deprecated-annotation", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Use the seccompProfile field, not the removed annotations (silently ignored since 1.27)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: move annotation to field
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubeaudit: []string{"seccomp/SeccompDeprecatedAnnotations"},
	},
	Why: ``,
}
