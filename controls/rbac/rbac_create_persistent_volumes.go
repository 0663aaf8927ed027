package rbac

import "github.com/kubeharden/kubeharden/control"

// CreatePersistentVolumes: nobody makes volumes of the node.
var CreatePersistentVolumes = control.Control{
	ID: "rbac-create-persistent-volumes", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict create on persistentvolumes: a hostPath one is any file of the node",
	Scope:   control.Objects,
	Kinds:   onlyClusterRoles,
	Unless:  maintained,
	Require: forbidVerbs(right{resources: []string{"persistentvolumes"}, verbs: []string{"create"}, cluster: true}),
	Risk:    "Volumes are no longer made by whoever holds the role: a provisioner that runs as it stops working.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop create on persistentvolumes; users ask for storage with a PersistentVolumeClaim and a StorageClass.",
	Refs: control.Refs{
		CIS:    []string{"5.1.9"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1611"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#persistent-volume-creation"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0278"},
		KubeBench: []string{"5.1.9"},
	},
	Why: `A PersistentVolume can be a hostPath of any node, / included. A claim of it passes the Pod Security Standards, which do not look behind
claims, so the right to make one reads and writes the file system of the node. Only storage provisioners need it.`,
}
