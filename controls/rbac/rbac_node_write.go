package rbac

import "github.com/kubeharden/kubeharden/control"

// NodeWrite: nobody changes nodes.
var NodeWrite = control.Control{
	ID: "rbac-node-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:  "Restrict update, patch and delete of nodes and nodes/status",
	Scope:  control.Objects,
	Kinds:  onlyClusterRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{resources: []string{"nodes"}, verbs: []string{"update", "patch", "delete", "deletecollection"}, cluster: true},
		right{resources: []string{"nodes/status"}, verbs: edit, cluster: true},
	),
	Risk:    "Programs that label, taint, cordon or remove nodes, such as autoscalers and kubectl drain, are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop the writing verbs on nodes and nodes/status; let only cloud controllers and autoscalers have them.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1562", "T1499"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/"},
	},
	Peers: control.Peers{
		Other: []string{"rbac-police:modify_node_status", "rbac-police:steal_pods"},
	},
	Why: `Labels and taints of nodes decide where pods run: whoever writes them draws the pods with the most valuable Secrets onto a node that is
under control already, or evicts every pod of the cluster. A capacity written into the status does the same.`,
}
