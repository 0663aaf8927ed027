package rbac

import "github.com/kubeharden/kubeharden/control"

// ModifyAPIServicesOrCRDs: nobody answers for the API server.
var ModifyAPIServicesOrCRDs = control.Control{
	ID: "rbac-modify-api-services-or-crds", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:  "Restrict write access to APIServices and CustomResourceDefinitions",
	Scope:  control.Objects,
	Kinds:  onlyClusterRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{group: "apiregistration.k8s.io", resources: []string{"apiservices"}, verbs: write, cluster: true},
		right{group: "apiextensions.k8s.io", resources: []string{"customresourcedefinitions"}, verbs: write, cluster: true},
	),
	Risk:    "Operators that install their own CustomResourceDefinitions or APIServices cannot; their manifests have to bring them.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop all writing verbs, or limit update and patch to the own definitions by resourceNames; install definitions with the manifests.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1557", "T1556"},
		Source: []string{"https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/", "https://kubernetes.io/docs/concepts/extend-kubernetes/api-extension/apiserver-aggregation/"},
	},
	Why: `An APIService sends requests for a whole API group to a server of the attacker's choice; the conversion webhook of a
CustomResourceDefinition reads and changes every object of its kind. Deleting a definition deletes all of its objects.`,
}
