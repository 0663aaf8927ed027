package rbac

import "github.com/kubeharden/kubeharden/control"

// EphemeralContainers: nobody adds containers to the pods of others.
var EphemeralContainers = control.Control{
	ID: "rbac-ephemeral-containers", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict pods/ephemeralcontainers: kubectl debug into any pod",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbid(right{resources: []string{"pods/ephemeralcontainers"}, verbs: edit}),
	Risk:    "kubectl debug on a running pod is refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop pods/ephemeralcontainers; give it for the moment of an incident, in a Role of one namespace.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1609", "T1610"},
		Source: []string{"https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/", rbacDocs},
	},
	Peers: control.Peers{
		Other: []string{"rbac-police:pods_ephemeral_ctrs", "kubehound:CONTAINER_ATTACH"},
	},
	Why: `An ephemeral container joins a running pod with an image of the attacker's choice, and sees the volumes and with them the Secrets and the
token of the pod; aimed at a container it shares the processes, too. It cannot be removed and is in no manifest.`,
}
