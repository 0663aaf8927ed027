package practice

import (
	"strconv"

	"github.com/kubeharden/kubeharden/control"
)

// HPAWithStaticReplicas: one of two sets the number of pods.
var HPAWithStaticReplicas = control.Control{
	ID: "hpa-with-static-replicas", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Leave out spec.replicas where a HorizontalPodAutoscaler sets it",
	Scope:    control.Everything,
	Needs:    []control.Kind{{Group: "autoscaling", Kind: "HorizontalPodAutoscaler"}},
	Kinds:    scaled,
	Require:  &control.Together{Check: checkStaticReplicas, Text: "a workload that a HorizontalPodAutoscaler targets must not have spec.replicas in its manifest"},
	Risk:     "When the field is first removed by kubectl apply, the workload goes to one pod until the autoscaler looks; remove it from what kubectl remembers as well.",
	Fix:      control.Advice,
	NoFix:    "Removed by kubectl apply, the field falls back to 1 for a moment; how to go about it depends on how manifests are applied.",
	Remedy:   "Remove spec.replicas, after kubectl apply edit-last-applied has removed it from what kubectl remembers.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{autoscaleDocs + "#migrating-deployments-and-statefulsets-to-horizontal-autoscaling"}},
	Peers: control.Peers{
		KubeScore: []string{"deployment-targeted-by-hpa-does-not-have-replicas-configured"},
		Other:     []string{"kics:hpa_targeted_deployments_with_configured_replica_count"},
	},
	Why: `Every time such a manifest is applied, the number of pods goes back to what it says, whatever the load is at that moment, and the autoscaler starts again
from there. Objects that were read from a cluster always have the field and are not judged, nor are workloads that are switched off (0).`,
	Examples: []control.Example{
		{
			Name: "both",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 3, template: {spec: {containers: [{name: app}]}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}
`,
			Want: []string{"Deployment/shop/web spec.replicas"},
		},
		{
			Name: "the autoscaler alone, and an object of a cluster",
			Manifests: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {template: {spec: {containers: [{name: app}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: live, namespace: shop, uid: 0c5a}
spec: {replicas: 3, template: {spec: {containers: [{name: app}]}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: live, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: live}, maxReplicas: 5}
`,
		},
		{
			Name: "of the same name in another namespace",
			Manifests: `{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 3, template: {spec: {containers: [{name: app}]}}}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: other}, spec: {template: {spec: {containers: [{name: app}]}}}}
---
{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, namespace: other}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, maxReplicas: 5}}
`,
		},
	},
}

func checkStaticReplicas(v *control.Verdicts) {
	by := autoscalersByTarget(v)
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		a := by[nameOf(v, w)]
		switch {
		case a == nil:
		case w.Live || w.Replicas != nil && *w.Replicas == 0:
			v.NotApplicable(1)
		case w.Replicas == nil:
			v.Pass(1)
		default:
			v.Fail(control.Breach{
				Object: w.Object, Path: "spec.replicas", Message: "sets spec.replicas to " + strconv.Itoa(*w.Replicas) + ", which an autoscaler sets too",
				Related: []control.Decider{{Object: a.Object, Path: "spec.scaleTargetRef", Text: "scales it"}},
			})
		}
	}
}
