package pods

import "github.com/kubeharden/kubeharden/control"

// MemoryLimitMissing: a container cannot take all memory of its node.
var MemoryLimitMissing = control.Control{
	ID: "memory-limit-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Set memory limits",
	Scope:   control.Containers,
	Unless:  ephemeral,
	Require: limited("memory"),
	Params:  amountParam("512Mi"),
	Risk:    "A container that needs more memory than its limit is killed, so measure before you choose the value; without a request the limit is reserved.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set resources.limits.memory to what the container needs at its peak; from Kubernetes 1.34 on it can be set once for the pod.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{resourceDocs, podResourceDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"unset-memory-requirements"},
		Kubescape:  []string{"C-0004", "C-0009", "C-0271", "C-0303"},
		Trivy:      []string{"KSV-0018"},
		Checkov:    []string{"CKV_K8S_13"},
		Polaris:    []string{"memoryLimitsMissing"},
		KubeScore:  []string{"container-resources"},
		Kubeaudit:  []string{"limits/LimitsMemoryNotSet", "limits/LimitsNotSet"},
		Kubesec:    []string{"LimitsMemory"},
		Kyverno:    []string{"best-practices/require-requests-limits", "other/add-default-resources"},
		Other:      []string{"gatekeeper:containerlimits", "gatekeeper:containerresources", "terrascan:AC-K8-OE-PK-M-0158", "popeye:106", "popeye:107"},
	},
	Why: `Without a limit a leak or an attack lets one container take all memory of its node, and the kernel then kills other pods, or the kubelet evicts them.
With a limit only the container that misbehaves is killed.`,
}
