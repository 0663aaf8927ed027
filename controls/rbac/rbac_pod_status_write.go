package rbac

import "github.com/kubeharden/kubeharden/control"

// PodStatusWrite: nobody lies about pods.
var PodStatusWrite = control.Control{
	ID: "rbac-pod-status-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Restrict pods/status, pods/binding and bindings",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{resources: []string{"pods/status"}, verbs: edit},
		right{resources: []string{"pods/binding", "bindings"}, verbs: []string{"create"}},
	),
	Risk:    "Schedulers of your own, and controllers that write readiness gates, are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop pods/status, pods/binding and bindings unless the program is a scheduler or keeps a readiness gate.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1565"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-readiness-gate"},
	},
	Peers: control.Peers{
		Other: []string{"rbac-police:modify_pod_status", "rbac-police:steal_pods"},
	},
	Why: `The status says whether a pod is ready and which address it has: whoever writes it takes pods out of their Services, or traffic to a forged
address. A binding puts a pod onto a node of the writer's choice, past taints and quotas of the scheduler.`,
}
