package pods

import "github.com/kubeharden/kubeharden/control"

// HostIPC: a pod in the IPC namespace of its node shares memory with the node's processes.
var HostIPC = control.Control{
	ID: "host-ipc", Section: "other", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:   "Do not share the host IPC namespace",
	Scope:   control.PodSpecs,
	Require: control.Not("hostIPC", true),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "Programs that exchange data with processes of the node through System V or POSIX shared memory fail.",
	Remedy:  "Remove hostIPC: true.",
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.4"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{podSecurityStandards},
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
	Why: `Shared memory, semaphores and message queues of the node and of all other pods with hostIPC are open to the pod: it
can read and change what databases or graphics programs keep there. Containers of one pod share these without hostIPC.`,
}
