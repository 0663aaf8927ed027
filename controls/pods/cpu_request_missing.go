package pods

import "github.com/kubeharden/kubeharden/control"

// CPURequestMissing: the scheduler knows how much processor time a container needs.
var CPURequestMissing = control.Control{
	ID: "cpu-request-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set CPU requests",
	Scope:   control.Containers,
	Unless:  ephemeral,
	Require: requested("cpu"),
	Params:  amountParam("100m"),
	Risk:    "A pod stays pending if no node has that much processor time left.",
	Fix:     control.Auto,
	Remedy:  "Set resources.requests.cpu to what the container usually uses; from Kubernetes 1.34 on it can be set once for the pod.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{resourceDocs, podResourceDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"unset-cpu-requirements"},
		Kubescape:  []string{"C-0050", "C-0268"},
		Trivy:      []string{"KSV-0015"},
		Checkov:    []string{"CKV_K8S_10"},
		Polaris:    []string{"cpuRequestsMissing"},
		KubeScore:  []string{"container-resources"},
		Kubesec:    []string{"RequestsCPU"},
		Kyverno:    []string{"best-practices/require-requests-limits", "other/add-default-resources"},
		Other:      []string{"gatekeeper:containerrequests", "gatekeeper:containerresources", "terrascan:AC-K8-OE-PK-M-0155", "popeye:106"},
	},
	Why: `Without a request the scheduler takes the container for one that needs nothing and may put it on a node that is full.
When processors are short, containers without a request are the ones that starve.`,
}
