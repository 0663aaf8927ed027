package pods

import "github.com/kubeharden/kubeharden/control"

// MemoryRequestMissing: WHY-ONE-LINE.
var MemoryRequestMissing = control.Control{
	ID: "memory-request-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set memory requests",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: set default / from usage
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0004", "C-0269"},
		Trivy:     []string{"KSV-0016"},
		Checkov:   []string{"CKV_K8S_12"},
		Polaris:   []string{"memoryRequestsMissing"},
		KubeScore: []string{"container-resources"},
		Kubesec:   []string{"RequestsMemory"},
		Kyverno:   []string{"best-practices/require-requests-limits", "other/add-default-resources"},
		Other:     []string{"gatekeeper:containerrequests", "gatekeeper:containerresources", "terrascan:AC-K8-OE-PK-M-0157", "popeye:106"},
	},
	Why: ``,
}
