package pods

import "github.com/kubeharden/kubeharden/control"

// SeccompProfileMissing: WHY-ONE-LINE.
var SeccompProfileMissing = control.Control{
	ID: "seccomp-profile-missing", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Set seccompProfile RuntimeDefault (or Localhost)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: seccompProfile.type: RuntimeDefault
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "restricted",
		CIS:    []string{"1.12:5.6.2", "1.11:5.6.2", "1.10:5.7.2"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0055", "C-0210"},
		Trivy:     []string{"KSV-0030"},
		Checkov:   []string{"CKV_K8S_31"},
		Polaris:   []string{"linuxHardening"},
		KubeScore: []string{"container-seccomp-profile"},
		Kubeaudit: []string{"seccomp/SeccompProfileMissing"},
		Kubesec:   []string{"SeccompAny"},
		Kyverno:   []string{"pod-security/restrict-seccomp-strict"},
		KubeBench: []string{"5.6.2"},
		Other:     []string{"psa:seccompProfile_restricted", "gatekeeper:seccompv2", "terrascan:AC-K8-IA-PO-M-0141"},
	},
	Why: ``,
}
