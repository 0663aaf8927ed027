package pods

import "github.com/kubeharden/kubeharden/control"

// SeccompUnconfined: WHY-ONE-LINE.
var SeccompUnconfined = control.Control{
	ID: "seccomp-unconfined", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Do not set seccomp Unconfined",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: RuntimeDefault
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"seccomp-profile-missing"},
	Refs: control.Refs{
		PSS:    "baseline",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0104"},
		Kubeaudit: []string{"seccomp/SeccompDisabledPod", "seccomp/SeccompDisabledContainer"},
		Kubesec:   []string{"SeccompUnconfined"},
		Kyverno:   []string{"pod-security/restrict-seccomp"},
		Other:     []string{"psa:seccompProfile_baseline", "gatekeeper:seccomp", "gatekeeper:seccompv2", "semgrep:seccomp-confinement-disabled"},
	},
	Why: ``,
}
