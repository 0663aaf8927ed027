package pods

import "github.com/kubeharden/kubeharden/control"

// ResourceRequestsDifferFromLimits: WHY-ONE-LINE.
var ResourceRequestsDifferFromLimits = control.Control{
	ID: "resource-requests-differ-from-limits", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Make requests equal limits for critical workloads (QoS Guaranteed)",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: copy
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{""},
	},
	Peers: control.Peers{
		KubeScore: []string{"container-resource-requests-equal-limits container-cpu-requests-equal-limits container-memory-requests-equal-limits"},
		Kyverno:   []string{"other/memory-requests-equal-limits", "other/require-qos-guaranteed"},
		Other:     []string{"kics:container_requests_not_equal_to_its_limits"},
	},
	Why: ``,
}
