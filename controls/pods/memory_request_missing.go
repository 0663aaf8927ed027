package pods

import "github.com/kubeharden/kubeharden/control"

// MemoryRequestMissing: the scheduler knows how much memory a container needs.
var MemoryRequestMissing = control.Control{
	ID: "memory-request-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set memory requests",
	Scope:   control.Containers,
	Unless:  ephemeral,
	Require: requested("memory"),
	Params:  amountParam("128Mi"),
	Risk:    "A pod stays pending if no node has that much memory left.",
	Fix:     control.Auto,
	Remedy:  "Set resources.requests.memory to what the container usually uses; from Kubernetes 1.34 on it can be set once for the pod.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{resourceDocs, podResourceDocs},
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
	Why: `Without a request the scheduler may put the container on a node that has no memory left.
When memory is short, pods that use more than they requested are evicted first, and without a request that is any use at all.`,
}
