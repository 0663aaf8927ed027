package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsLowUID: WHY-ONE-LINE.
var RunAsLowUID = control.Control{
	ID: "run-as-low-uid", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Use a UID above 10000",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: runAsUser: 10001
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Trivy:     []string{"KSV-0020"},
		Checkov:   []string{"CKV_K8S_40"},
		KubeScore: []string{"container-security-context-user-group-id"},
		Kubesec:   []string{"RunAsUser"},
		Other:     []string{"terrascan:AC-K8-NS-PO-M-0182"},
	},
	Why: ``,
}
