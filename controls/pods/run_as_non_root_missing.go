package pods

import "github.com/kubeharden/kubeharden/control"

// RunAsNonRootMissing: WHY-ONE-LINE.
var RunAsNonRootMissing = control.Control{
	ID: "run-as-non-root-missing", Section: "security-context", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Set runAsNonRoot: true",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: runAsNonRoot: true (with runAsUser when the image USER is root or unknown)
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "restricted",
		CIS:    []string{"5.2.7"},
		NSA:    []string{"Pod security: non-root containers"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"run-as-non-root"},
		Kubescape:  []string{"C-0013"},
		Trivy:      []string{"KSV-0012"},
		Checkov:    []string{"CKV_K8S_23"},
		Polaris:    []string{"runAsRootAllowed"},
		Kubeaudit:  []string{"nonroot/RunAsNonRootCSCFalse", "nonroot/RunAsNonRootPSCNilCSCNil", "nonroot/RunAsNonRootPSCFalseCSCNil"},
		Kubesec:    []string{"RunAsNonRoot"},
		Kyverno:    []string{"pod-security/require-run-as-nonroot", "istio/service-mesh-require-run-as-nonroot"},
		KubeBench:  []string{"5.2.7"},
		Other:      []string{"psa:runAsNonRoot", "gatekeeper:users", "terrascan:AC-K8-IA-PO-H-0168", "popeye:302", "popeye:306", "semgrep:run-as-non-root", "semgrep:run-as-non-root-container-level", "semgrep:run-as-non-root-container-level-missing-security-context", "semgrep:run-as-non-root-security-context-pod-level", "semgrep:run-as-non-root-unsafe-value"},
	},
	Why: ``,
}
