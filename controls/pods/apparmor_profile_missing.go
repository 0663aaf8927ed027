package pods

import "github.com/kubeharden/kubeharden/control"

// ApparmorProfileMissing: WHY-ONE-LINE.
var ApparmorProfileMissing = control.Control{
	ID: "apparmor-profile-missing", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set an AppArmor profile",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: appArmorProfile.type: RuntimeDefault
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0055"},
		Trivy:     []string{"KSV-0002"},
		Polaris:   []string{"linuxHardening"},
		Kubeaudit: []string{"apparmor/AppArmorAnnotationMissing"},
		Kubesec:   []string{"ApparmorAny"},
		Kyverno:   []string{"psp-migration/add-apparmor-annotations"},
		Other:     []string{"terrascan:AC-K8-IA-PO-M-0135", "kics:Missing App Armor Config"},
	},
	Why: ``,
}
