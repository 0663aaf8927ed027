package pods

import "github.com/kubeharden/kubeharden/control"

// VolumeTypeNotAllowed: WHY-ONE-LINE.
var VolumeTypeNotAllowed = control.Control{
	ID: "volume-type-not-allowed", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Use only the volume types of the restricted profile (no nfs, iscsi, gitRepo, flexVolume, ...)",
	Scope:   control.Containers,
	Require: nil, // catalogue: advice: PVC
	Risk:    "",
	Fix:     control.Advice,
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0028"},
		Kyverno: []string{"pod-security/restrict-volume-types"},
		Other:   []string{"psa:restrictedVolumes", "gatekeeper:volumes", "gatekeeper:flexvolume-drivers", "terrascan:AC-K8-IA-PO-M-0143"},
	},
	Why: ``,
}
