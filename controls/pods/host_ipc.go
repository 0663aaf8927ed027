package pods

import "github.com/kubeharden/kubeharden/control"

// HostIPC: WHY-ONE-LINE.
var HostIPC = control.Control{
	ID: "host-ipc", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Do not share the host IPC namespace",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: remove hostIPC
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.4"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeLinter: []string{"host-ipc"},
		Kubescape:  []string{"C-0038", "C-0276"},
		Trivy:      []string{"KSV-0008"},
		Checkov:    []string{"CKV_K8S_18"},
		Polaris:    []string{"hostIPCSet"},
		Kubeaudit:  []string{"hostns/NamespaceHostIPCTrue"},
		Kubesec:    []string{"HostIPC"},
		Kyverno:    []string{"pod-security/disallow-host-namespaces"},
		KubeBench:  []string{"5.2.4"},
		Other:      []string{"psa:hostNamespaces", "gatekeeper:host-namespaces", "terrascan:AC-K8-NS-PO-M-0163", "semgrep:hostipc-pod"},
	},
	Why: ``,
}
