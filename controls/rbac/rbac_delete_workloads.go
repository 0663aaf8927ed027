package rbac

import "github.com/kubeharden/kubeharden/control"

// DeleteWorkloads: nobody deletes the work of others.
var DeleteWorkloads = control.Control{
	ID: "rbac-delete-workloads", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Restrict delete and deletecollection of workloads, data and namespaces",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(append(workloads(remove...),
		right{resources: []string{"services", "secrets", "persistentvolumeclaims", "namespaces"}, verbs: remove},
		right{resources: []string{"persistentvolumes"}, verbs: remove, cluster: true},
	)...),
	Risk:    "Operators and pipelines that clean up cannot, and people cannot restart pods by deleting them.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop delete and deletecollection, or limit delete by resourceNames; kubectl rollout restart and evictions need neither.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1485"},
		Source: []string{goodPractices},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0007"},
		Other:     []string{"kubiscan:risky-any-resource-delete"},
	},
	Why: `One call deletes all pods of a namespace; one on a namespace, a claim or a volume takes the data along for which there may be no backup.
That is how ransom and sabotage look in a cluster.`,
}
