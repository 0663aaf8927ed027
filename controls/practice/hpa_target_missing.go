package practice

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
)

// HPATargetMissing: an autoscaler scales something.
var HPATargetMissing = control.Control{
	ID: "hpa-target-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Let every HorizontalPodAutoscaler target a workload that exists",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.OperatedKinds()),
	Kinds:    autoscalers,
	Require:  &control.Together{Check: checkTargets, Text: "the workload in spec.scaleTargetRef must be in the namespace, if workloads of it are known"},
	Risk:     "Nothing: nothing is scaled today. The workload may grow from then on.",
	Fix:      control.Advice,
	NoFix:    "Which workload was meant only a person can say.",
	Remedy:   "Correct kind and name in spec.scaleTargetRef, or delete the HorizontalPodAutoscaler.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{autoscaleDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"dangling-horizontalpodautoscaler"},
		Kubescape:  []string{"C-0300"},
		KubeScore:  []string{"horizontalpodautoscaler-has-target"},
		Other:      []string{"popeye:600", "kics:hpa_targets_invalid_object"},
	},
	Why: `An autoscaler whose target is misspelt or was renamed scales nothing, and nobody notices before the load comes. Where no workload of the namespace is
known, such as in a repository that has the autoscalers only, nothing is said, unless there is one of the name in another namespace.`,
	Examples: []control.Example{
		{
			Name: "misspelt",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: app}]}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wbe}, maxReplicas: 5}
`,
			Want: []string{"HorizontalPodAutoscaler/shop/web spec.scaleTargetRef.name"},
		},
		{
			Name: "there",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: app}]}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}
`,
		},
		{
			Name: "in another namespace",
			Manifests: `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: other}, spec: {template: {spec: {containers: [{name: app}]}}}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}}
`,
			Want: []string{"HorizontalPodAutoscaler/shop/web spec.scaleTargetRef.name"},
		},
		{
			Name:      "declared elsewhere",
			Manifests: "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}}\n",
		},
		{
			Name: "a resource of somebody else's",
			Manifests: `{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: shop}, spec: {containers: [{name: a}]}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: shop}, spec: {scaleTargetRef: {apiVersion: example.com/v1, kind: Shop, name: web}, maxReplicas: 5}}
`,
		},
	},
}

// scalable are the kinds of Kubernetes that have the scale subresource.
var scalable = []string{"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"}

func checkTargets(v *control.Verdicts) {
	known, elsewhere := map[target]bool{}, map[target]bool{}
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		known[target{w.Kind, w.Namespace, w.Name}] = true
		if v.Afloat(w.Object) {
			known[target{w.Kind, "", w.Name}] = true
		} else {
			elsewhere[target{kind: w.Kind, name: w.Name}] = true
		}
	}
	for i := range v.Workloads.Governance.Autoscalers {
		a := &v.Workloads.Governance.Autoscalers[i]
		switch {
		case known[target{a.TargetKind, a.Namespace, a.TargetName}]:
			v.Pass(1)
		case known[target{a.TargetKind, "", a.TargetName}], a.TargetName == "" || !slices.Contains(scalable, a.TargetKind) || !v.Populated(v.Place(a.Object)) && (v.Afloat(a.Object) || !elsewhere[target{kind: a.TargetKind, name: a.TargetName}]):
			v.NotApplicable(1)
		default:
			v.Fail(control.Breach{
				Object: a.Object, Path: "spec.scaleTargetRef.name", Message: "targets " + a.TargetKind + " " + a.TargetName + ", which is not among the workloads of namespace " + a.Namespace,
			})
		}
	}
}
