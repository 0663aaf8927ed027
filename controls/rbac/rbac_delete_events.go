package rbac

import "github.com/kubeharden/kubeharden/control"

// DeleteEvents: nobody wipes traces.
var DeleteEvents = control.Control{
	ID: "rbac-delete-events", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Restrict deletion of events",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{resources: []string{"events"}, verbs: remove},
		right{group: "events.k8s.io", resources: []string{"events"}, verbs: remove},
	),
	Risk:    "Jobs that clear events cannot; events expire by themselves after an hour.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop delete and deletecollection on events.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC", "Audit logging: logging"},
		MITRE:  []string{"T1070"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0031"},
	},
	Why: `Events tell which image was pulled, which pod was made and what failed. An intruder deletes them so that nobody asks why. No program needs
to: the API server lets them expire.`,
}
