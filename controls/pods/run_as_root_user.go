package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsRootUser: WHY-ONE-LINE.
var RunAsRootUser = control.Control{
	ID: "run-as-root-user", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Do not set runAsUser: 0",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: runAsUser: 10001
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"run-as-non-root-missing", "run-as-low-uid"},
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"run-as-non-root"},
		Trivy:      []string{"KSV-0105"},
		Kubeaudit:  []string{"nonroot/RunAsUserCSCRoot", "nonroot/RunAsUserPSCRoot"},
		Kyverno:    []string{"pod-security/require-run-as-non-root-user"},
		Other:      []string{"psa:runAsUser", "gatekeeper:users", "falco:Container Run as Root User"},
	},
	Why: ``,
}
