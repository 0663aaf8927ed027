package rbac

import "github.com/kubeharden/kubeharden/control"

// PodsLogWrite: nobody changes logs.
var PodsLogWrite = control.Control{
	ID: "rbac-pods-log-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:   "Restrict deletion and overwriting of pod logs",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbid(right{resources: []string{"pods/log"}, verbs: write}),
	Risk:    "Nothing: the API server answers get on pods/log and nothing else.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Keep get on pods/log and drop all other verbs.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC", "Audit logging: node and container logs"},
		MITRE:  []string{"T1070"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod"},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0042"},
	},
	Why: `Whoever wrote the rule meant that logs can be changed or deleted, which is what an intruder wants who covers traces. The API has no way to
do that today, so the right is good for nothing but what a later version or an aggregated API makes of it.`,
}
