package pods

import "github.com/kubeharden/kubeharden/control"

// NamespaceResourceQuotaMissing: no namespace takes all of the cluster.
var NamespaceResourceQuotaMissing = control.Control{
	ID: "namespace-resource-quota-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:    "Set a ResourceQuota for every namespace",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ResourceQuota")),
	Kinds:    []control.Kind{{Kind: "Namespace"}},
	Require:  &control.Together{Check: func(v *control.Verdicts) { checkBounds(v, "ResourceQuota") }, Text: "a namespace must have a ResourceQuota"},
	Risk:     "Pods beyond the quota are refused, and with a quota for cpu or memory all pods that have no requests or limits for it, unless a LimitRange gives them some.",
	Fix:      control.Generate,
	NoFix:    "How much the programs of the namespace need only a person can say.",
	Remedy:   "Add a ResourceQuota for cpu, memory and the number of pods, and a LimitRange for containers that set nothing.",
	NoPolicy: "An admission policy does not see what else is in the namespace.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{"https://kubernetes.io/docs/concepts/policy/resource-quotas/"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0040"},
		Kyverno: []string{"best-practices/add-ns-quota"},
	},
	Why: `Without a quota one namespace can use up the cluster: a runaway autoscaler, a loop that makes Jobs, or somebody who mines with a stolen token. The others then find
no room.`,
	Examples: boundsExamples(`apiVersion: v1
kind: ResourceQuota
metadata: {name: default, namespace: shop}
spec: {hard: {pods: "20"}}
`),
}

// boundsExamples are those of namespaces that need an object; bounds is the manifest of the one of the namespace shop.
func boundsExamples(bounds string) []control.Example {
	return []control.Example{
		{
			Name: "one with, one without",
			Manifests: `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: other}
---
` + bounds,
			Want: []string{"Namespace/other"},
		},
		{
			Name: "bounded",
			Manifests: `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
` + bounds,
		},
		{
			Name: "those of the system, and one that is declared elsewhere",
			Manifests: `{apiVersion: v1, kind: Namespace, metadata: {name: kube-system}}
---
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a}]}}
`,
		},
	}
}

// checkBounds judges the namespaces that are declared: of the others nobody knows what else they have.
func checkBounds(v *control.Verdicts, kind string) {
	bounded := map[string]bool{}
	for i := range v.Workloads.Governance.Bounds {
		if b := &v.Workloads.Governance.Bounds[i]; b.Kind == kind {
			bounded[b.Namespace] = true
		}
	}
	seen := map[string]bool{}
	for i := range v.Workloads.Namespaces {
		ns := &v.Workloads.Namespaces[i]
		switch {
		case seen[ns.Name]:
		case ns.Name == "kube-system" || ns.Name == "kube-public" || ns.Name == "kube-node-lease":
			v.NotApplicable(1)
		case bounded[ns.Name]:
			v.Pass(1)
		default:
			v.Fail(control.Breach{Object: ns.Object, Message: "has no " + kind})
		}
		seen[ns.Name] = true
	}
}
