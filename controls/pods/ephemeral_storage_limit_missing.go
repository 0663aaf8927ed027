package pods

import "github.com/kubeharden/kubeharden/control"

// EphemeralStorageLimitMissing: a container cannot fill its node's disk.
var EphemeralStorageLimitMissing = control.Control{
	ID: "ephemeral-storage-limit-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Set ephemeral-storage limits",
	Scope:   control.Containers,
	Unless:  ephemeral,
	Require: newAmount("ephemeral-storage", false),
	Params:  amountParam("2Gi"),
	Risk:    "A pod that writes more than the limit to its own file systems, emptyDir volumes and logs is evicted.",
	Fix:     control.Auto,
	Remedy:  "Set resources.limits.ephemeral-storage, for example 1Gi.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{ephemeralDocs},
	},
	Peers: control.Peers{
		KubeScore: []string{"container-ephemeral-storage-request-and-limit", "container-ephemeral-storage-request-equals-limit"},
		Other:     []string{"gatekeeper:ephemeralstoragelimit"},
	},
	Why: `Log files, emptyDir volumes and the writable layer of a container lie on the node's disk. One container that fills it brings the whole node
under disk pressure, and pods that did nothing wrong are evicted. The limit becomes the request if none is given.`,
}
