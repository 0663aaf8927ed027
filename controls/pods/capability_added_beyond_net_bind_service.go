package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilityAddedBeyondNetBindService: WHY-ONE-LINE.
var CapabilityAddedBeyondNetBindService = control.Control{
	ID: "capability-added-beyond-net-bind-service", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Add no capability except NET_BIND_SERVICE",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove add
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "restricted",
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0106"},
		Checkov:   []string{"CKV_K8S_25"},
		Kubeaudit: []string{"capabilities/CapabilityAdded"},
		Kyverno:   []string{"pod-security/disallow-capabilities-strict"},
		Other:     []string{"psa:capabilities_restricted", "gatekeeper:capabilities"},
	},
	Why: ``,
}
