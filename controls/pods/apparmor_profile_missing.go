package pods

import "github.com/kubeharden/kubeharden/control"

// ApparmorProfileMissing: a profile that is asked for is enforced, or the pod does not start; the default may quietly be absent.
var ApparmorProfileMissing = control.Control{
	ID: "apparmor-profile-missing", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:  "Set an AppArmor profile",
	Scope:  control.Containers,
	From:   30,
	Unless: windows,
	Require: control.Any(
		appArmorPerPod.mend(control.Inherit("securityContext.appArmorProfile",
			control.In("securityContext.appArmorProfile.type", "RuntimeDefault", "Localhost"))),
		appArmorAnnotated,
	),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "The pod is refused by nodes without AppArmor.",
	Remedy:  "Set securityContext.appArmorProfile.type to RuntimeDefault, on the pod or on each container.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/tutorials/security/apparmor/"},
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
	Why: `Runtimes apply their AppArmor profile by default, but only where the node has AppArmor; elsewhere the container runs
without, and nobody is told. A pod that asks for a profile is not started on such a node.`,
}
