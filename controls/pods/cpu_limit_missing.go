package pods

import "github.com/kubeharden/kubeharden/control"

// CPULimitMissing: WHY-ONE-LINE.
var CPULimitMissing = control.Control{
	ID: "cpu-limit-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set CPU limits (policy may waive)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: set default / from VPA or usage
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0009", "C-0050", "C-0270", "C-0303"},
		Trivy:     []string{"KSV-0011"},
		Checkov:   []string{"CKV_K8S_11"},
		Polaris:   []string{"cpuLimitsMissing"},
		KubeScore: []string{"container-resources"},
		Kubeaudit: []string{"limits/LimitsCPUNotSet", "limits/LimitsNotSet"},
		Kubesec:   []string{"LimitsCPU"},
		Kyverno:   []string{"other/require-cpu-limits", "other/add-default-resources"},
		Other:     []string{"gatekeeper:containerlimits", "gatekeeper:containerresources", "terrascan:AC-K8-OE-PK-M-0156", "popeye:106", "popeye:107"},
	},
	Why: ``,
}
