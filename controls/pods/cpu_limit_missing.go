package pods

import "github.com/kubeharden/kubeharden/control"

// CPULimitMissing: a container cannot take all processors of its node.
var CPULimitMissing = control.Control{
	ID: "cpu-limit-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set CPU limits",
	Scope:   control.Containers,
	Unless:  ephemeral,
	Require: limited("cpu"),
	Params:  amountParam("1"),
	Risk:    "A container that needs more processor time than its limit is slowed down; without a request the limit is reserved.",
	Fix:     control.Auto,
	Remedy:  "Set resources.limits.cpu to what the container may use at its peak; from Kubernetes 1.34 on it can be set once for the pod.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{resourceDocs, podResourceDocs},
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
	Why: `Without a limit a container may use every idle processor of its node: a bug, a flood of requests or a crypto miner then slows its neighbours down.
Where requests are set and latency matters more than fairness it can be right to do without; turn the control off there.`,
}
