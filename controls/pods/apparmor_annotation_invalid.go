package pods

import "github.com/kubeharden/kubeharden/control"

// ApparmorAnnotationInvalid: WHY-ONE-LINE.
var ApparmorAnnotationInvalid = control.Control{
	ID: "apparmor-annotation-invalid", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "AppArmor annotations must name an existing container; prefer the field",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: move to field
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubeaudit: []string{"apparmor/AppArmorInvalidAnnotation"},
	},
	Why: ``,
}
