package pods

import "github.com/kubeharden/kubeharden/control"

// PrivilegedContainer: WHY-ONE-LINE.
var PrivilegedContainer = control.Control{
	ID: "privileged-container", Section: "security-context", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:      "Do not run privileged containers",
	Scope:      control.Containers,
	Require:    nil, // catalogue: auto: privileged: false
	Risk:       "",
	Fix:        control.Auto,
	Suppresses: []string{"privilege-escalation-allowed", "capabilities-not-dropped"},
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.2"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"privileged-container"},
		Kubescape:  []string{"C-0057"},
		Trivy:      []string{"KSV-0017"},
		Checkov:    []string{"CKV_K8S_16"},
		Polaris:    []string{"runAsPrivileged"},
		KubeScore:  []string{"container-security-context-privileged"},
		Kubeaudit:  []string{"privileged/PrivilegedTrue", "privileged/PrivilegedNil"},
		Kubesec:    []string{"Privileged"},
		Kyverno:    []string{"pod-security/disallow-privileged-containers"},
		KubeBench:  []string{"5.2.2"},
		Other:      []string{"psa:privileged", "gatekeeper:privileged-containers", "terrascan:AC-K8-IA-PO-H-0106", "semgrep:privileged-container", "kubehound:CE_PRIV_MOUNT", "falco:Launch Privileged Container", "kube-hunter:KHV044"},
	},
	Why: ``,
}
