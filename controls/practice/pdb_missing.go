package practice

import "github.com/kubeharden/kubeharden/control"

// PDBMissing: a drain leaves some pods running.
var PDBMissing = control.Control{
	ID: "pdb-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Have a PodDisruptionBudget for workloads with several pods",
	Scope:    control.Everything,
	Needs:    control.AllOf([]control.Kind{{Group: "policy", Kind: "PodDisruptionBudget"}}, []control.Kind{{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}}),
	Kinds:    scaled,
	Require:  &control.Together{Check: checkBudgets, Text: "a PodDisruptionBudget of the namespace must select the pods of a workload that runs two or more"},
	Risk:     "Drains of nodes take longer, as pods are evicted one after the other.",
	Fix:      control.Generate,
	NoFix:    "How many pods have to stay up only a person can say; maxUnavailable: 1 is right for most.",
	Remedy:   "Add a PodDisruptionBudget with the selector of the workload and maxUnavailable: 1.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{budgetDocs, "https://kubernetes.io/docs/concepts/workloads/pods/disruptions/"}},
	Peers: control.Peers{
		Polaris:   []string{"missingPodDisruptionBudget"},
		KubeScore: []string{"deployment-has-poddisruptionbudget", "statefulset-has-poddisruptionbudget"},
		Kyverno:   []string{"other/require-pdb", "other/create-default-pdb"},
		Other:     []string{"popeye:206"},
	},
	Why: `Without a budget a drain, as in an upgrade of the cluster, may evict all pods of a workload at the same time. Workloads with a single pod are not meant:
for them a budget can only block the drain.`,
	Examples: []control.Example{
		{
			Name: "two pods",
			Manifests: manifests(
				deploymentOf("web", 2),
				budgetOf("other", "shop", "other", "maxUnavailable: 1"),
				budgetOf("web", "other", "web", "maxUnavailable: 1"),
			),
			Want: []string{"Deployment/shop/web"},
		},
		{
			Name: "with a budget",
			Manifests: `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec: {replicas: 3, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: app}]}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: all, namespace: shop}
spec: {maxUnavailable: 1, selector: {}}
`,
		},
		{
			Name: "scaled by load",
			Manifests: manifests(
				deploymentOf("web", 0),
				autoscalerOf("web", 2, 5),
			),
			Want: []string{"Deployment/shop/web"},
		},
		{
			Name:      "one pod",
			Manifests: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app}]}}}}\n",
		},
	},
}

func checkBudgets(v *control.Verdicts) {
	budgeted, scalers := map[int]bool{}, autoscalersByTarget(v)
	for _, pods := range podsOfBudgets(v) {
		for _, k := range pods {
			budgeted[k] = true
		}
	}
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		least := replicasOf(w)
		if a := scalers[nameOf(v, w)]; a != nil {
			least = a.MinReplicas
		}
		switch {
		case !isReplicated(w), len(w.Labels) == 0: // or a patch for another manifest
		case least < 2:
			v.NotApplicable(1)
		case budgeted[i]:
			v.Pass(1)
		default:
			v.Fail(control.Breach{Object: w.Object, Message: "has several pods and no PodDisruptionBudget"})
		}
	}
}
