package pods

import "github.com/kubeharden/kubeharden/control"

// CapabilityAddedDangerous: WHY-ONE-LINE.
var CapabilityAddedDangerous = control.Control{
	ID: "capability-added-dangerous", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Add no capability outside the baseline set",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: remove add
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"capability-added-beyond-net-bind-service"},
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"1.11:5.2.9", "1.10:5.2.9"},
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0046"},
		Trivy:     []string{"KSV-0022"},
		Checkov:   []string{"CKV_K8S_25"},
		Polaris:   []string{"dangerousCapabilities"},
		Kubeaudit: []string{"capabilities/CapabilityAdded"},
		Kyverno:   []string{"pod-security/disallow-capabilities", "psp-migration/psp-restrict-adding-capabilities", "istio/service-mesh-disallow-capabilities"},
		Other:     []string{"psa:capabilities_baseline", "gatekeeper:capabilities", "kubehound:CE_SYS_PTRACE", "falco:Launch Excessively Capable Container"},
	},
	Why: ``,
}
