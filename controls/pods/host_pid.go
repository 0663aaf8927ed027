package pods

import "github.com/kubeharden/kubeharden/control"

// HostPID: WHY-ONE-LINE.
var HostPID = control.Control{
	ID: "host-pid", Section: "other", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:   "Do not share the host PID namespace",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove hostPID
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.3"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"host-pid"},
		Kubescape:  []string{"C-0038", "C-0275"},
		Trivy:      []string{"KSV-0010"},
		Checkov:    []string{"CKV_K8S_17"},
		Polaris:    []string{"hostPIDSet"},
		Kubeaudit:  []string{"hostns/NamespaceHostPIDTrue"},
		Kubesec:    []string{"HostPID"},
		Kyverno:    []string{"pod-security/disallow-host-namespaces"},
		KubeBench:  []string{"5.2.3"},
		Other:      []string{"psa:hostNamespaces", "gatekeeper:host-namespaces", "terrascan:AC-K8-IA-PO-M-0162", "semgrep:hostpid-pod", "kubehound:CE_NSENTER"},
	},
	Why: ``,
}
