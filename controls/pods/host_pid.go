package pods

import "github.com/kubeharden/kubeharden/control"

// HostPID: a pod that sees the processes of its node can read their secrets and stop them.
var HostPID = control.Control{
	ID: "host-pid", Section: "other", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:   "Do not share the host PID namespace",
	Scope:   control.PodSpecs,
	Require: control.Not("hostPID", true),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "Programs that watch or debug other processes of the node, such as monitoring agents, no longer see them.",
	Remedy:  "Remove hostPID: true.",
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.3"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards},
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
	Why: `The pod sees every process of the node and of all other pods, with their environments and open files under /proc. A
root user in it can reach into the file system of any of them, or enter the namespaces of process 1 and with them the node.`,
}
