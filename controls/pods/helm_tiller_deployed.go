package pods

import "github.com/kubeharden/kubeharden/control"

// HelmTillerDeployed: Tiller lets everybody in the cluster install everything.
var HelmTillerDeployed = control.Control{
	ID: "helm-tiller-deployed", Section: "other", Layer: control.Pods, Severity: control.Critical, Since: "0.1",
	Title:   "Do not deploy Tiller (Helm v2)",
	Scope:   control.PodSpecs,
	Require: withoutProgram(&tiller, "no container may run Tiller"),
	Fix:     control.Advice,
	NoFix:   "The releases that Tiller manages must be migrated first.",
	Risk:    "Releases that only Helm 2 manages can no longer be changed.",
	Remedy:  "Migrate the releases with the helm-2to3 plugin, then delete the Deployment tiller-deploy with its Service and ClusterRoleBinding.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1133"},
		Source: []string{"https://helm.sh/docs/faq/changes_since_helm2/", "https://helm.sh/docs/topics/v2_v3_migration/"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0102"},
		Checkov: []string{"CKV_K8S_34", "CKV_K8S_44", "CKV_K8S_45"},
		Kyverno: []string{"best-practices/disallow-helm-tiller"},
		Other:   []string{"terrascan:AC-K8-DS-PO-M-0177", "terrascan:AC-K8-NS-SE-M-0185"},
	},
	Why: `Tiller, the server of Helm 2, takes orders from every pod that reaches its port, without a password, and mostly runs with cluster-admin. So any pod of the cluster can
become its administrator. Helm 2 has had no fixes since 2020.`,
	Bad: []control.Change{
		{Path: "containers", Name: "image", Value: []any{map[string]any{"name": "web", "image": "gcr.io/kubernetes-helm/tiller:v2.17.0"}}},
		{Base: control.OnMetadata, Path: "name", Value: "tiller-deploy"},
		{Base: control.OnMetadata, Path: "labels", Value: map[string]any{"app": "helm", "name": "tiller"}},
	},
	Good: []control.Change{
		{Base: control.OnMetadata, Path: "name", Value: "app-run-tiller-middle"},
		{Path: "containers", Name: "another", Value: []any{map[string]any{"name": "web", "image": "example.com/tiller-docs-of-gardening/app:1"}}},
		{Base: control.OnMetadata, Path: "labels", Value: map[string]any{"app": "tillering"}},
	},
}

var tiller = deployed{
	image:  newPattern(`(^|/)tiller([:@]|$)`),
	labels: [][2]string{{"app", "helm"}, {"name", "tiller"}},
	names:  []string{"tiller", "tiller-deploy"},
	what:   "Tiller",
}
