package rbac

import "github.com/kubeharden/kubeharden/control"

// ManageRuntimeClassesAndDrivers: nobody changes what nodes run pods with.
var ManageRuntimeClassesAndDrivers = control.Control{
	ID: "rbac-manage-runtime-classes-and-drivers", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "Restrict write access to CSIDriver, RuntimeClass, PriorityClass and DeviceClass",
	Scope:  control.Objects,
	Kinds:  onlyClusterRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{group: "storage.k8s.io", resources: []string{"csidrivers"}, verbs: write, cluster: true},
		right{group: "node.k8s.io", resources: []string{"runtimeclasses"}, verbs: write, cluster: true},
		right{group: "scheduling.k8s.io", resources: []string{"priorityclasses"}, verbs: write, cluster: true},
		right{group: "resource.k8s.io", resources: []string{"deviceclasses"}, verbs: write, cluster: true},
	),
	Risk:    "Operators of storage, sandboxes and devices that register themselves cannot; their manifests have to.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop all writing verbs, or limit update and patch by resourceNames; install classes and drivers with the manifests of the cluster.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1611", "T1499"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/concepts/containers/runtime-class/", "https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/", "https://kubernetes-csi.github.io/docs/csi-driver-object.html"},
	},
	Why: `A RuntimeClass decides whether a pod is in a sandbox, a CSIDriver which token its storage is handed, a DeviceClass which device it gets, a
PriorityClass whose pods are evicted for others. Whoever writes one weakens workloads without touching them.`,
}
