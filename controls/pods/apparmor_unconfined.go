package pods

import "github.com/kubeharden/kubeharden/control"

// ApparmorUnconfined: WHY-ONE-LINE.
var ApparmorUnconfined = control.Control{
	ID: "apparmor-unconfined", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Do not set AppArmor Unconfined or an unknown profile",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: RuntimeDefault
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"apparmor-profile-missing"},
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0002"},
		Kubeaudit: []string{"apparmor/AppArmorDisabled", "apparmor/AppArmorBadValue"},
		Kubesec:   []string{"ApparmorUnconfined"},
		Kyverno:   []string{"pod-security/restrict-apparmor-profiles"},
		Other:     []string{"psa:appArmorProfile", "gatekeeper:apparmor"},
	},
	Why: ``,
}
