package pods

import "github.com/kubeharden/kubeharden/control"

// ApparmorUnconfined: Unconfined takes away the AppArmor profile that runtimes apply by default.
var ApparmorUnconfined = control.Control{
	ID: "apparmor-unconfined", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Do not set AppArmor Unconfined or an unknown profile",
	Scope:      control.Containers,
	Require:    control.All(appArmorConfined, appArmorAnnotationConfines),
	RequirePod: control.All(appArmorConfined, appArmorAnnotations),
	Suppresses: []string{"apparmor-profile-missing"},
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Risk:       "What the default profile forbids, such as mounting or writing to some files of /proc and /sys, fails.",
	Remedy:     "Set the AppArmor profile to RuntimeDefault, or remove it and keep the default of the runtime.",
	Bad: []control.Change{
		{Base: control.OnMetadata, Path: `annotations["` + appArmorAnnotation + `nobody"]`, Value: "unconfined"},
	},
	Good: []control.Change{
		{Base: control.OnMetadata, Path: `annotations["` + appArmorAnnotation + `nobody"]`, Value: "localhost/kubeharden"},
	},
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/tutorials/security/apparmor/"},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0002"},
		Kubeaudit: []string{"apparmor/AppArmorDisabled", "apparmor/AppArmorBadValue"},
		Kubesec:   []string{"ApparmorUnconfined"},
		Kyverno:   []string{"pod-security/restrict-apparmor-profiles"},
		Other:     []string{"psa:appArmorProfile", "gatekeeper:apparmor"},
	},
	Why: `On nodes with AppArmor the runtime confines every container by default. Unconfined takes that away, and an unknown
profile type is refused by the Pod Security Standards too. Annotations of versions before 1.30 count as much as the field.`,
}
