package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PodAntiAffinityMissing: the replicas of a workload do not share one node.
var PodAntiAffinityMissing = control.Control{
	ID: "pod-anti-affinity-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:  "Spread replicas over nodes",
	Scope:  control.Objects,
	Kinds:  replicated,
	Unless: single,
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			if pod := template(at); !repels(s, pod) && !spreadOver(pod, "kubernetes.io/hostname") {
				problem := "is missing"
				if antiAffinity.Find(at).Exists() {
					problem = "does not match the labels and the namespace of the pods themselves"
				}
				fail(antiAffinity.Violation(at, problem))
			}
		},
		Text: antiAffinity.String() + " must keep the replicas apart, or a topology spread constraint on kubernetes.io/hostname",
	},
	Fix:      control.Advice,
	NoFix:    "A topology spread constraint does the same with less work for the scheduler; it is what the fix of topology-spread-missing adds.",
	NoPolicy: longSelectors,
	Risk:     "With a required rule, pods wait if there are fewer nodes than replicas.",
	Remedy:   "Add a preferred podAntiAffinity on kubernetes.io/hostname that selects the workload's own labels, or a topology spread constraint.",
	Bad: []control.Change{
		{Path: "spec.template.spec", Value: map[string]any{"containers": named("a")}, Name: "missing"},
		{Path: "spec.template.spec", Value: map[string]any{"containers": named("a"), "affinity": repelling("other")}, Name: "for other pods"},
	},
	Good: []control.Change{
		{Path: "spec.template.spec", Value: map[string]any{"containers": named("a"), "affinity": repelling("app")}, Name: "preferred"},
		{Path: "spec.template.spec.affinity", Name: "topology spread instead"},
	},
	Refs: control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/", spreadDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"no-anti-affinity"},
		KubeScore:  []string{"deployment-has-host-podantiaffinity", "statefulset-has-host-podantiaffinity"},
		Kyverno:    []string{"other/insert-pod-antiaffinity", "other/spread-pods"},
	},
	Why: `Several replicas are no help if one node has all of them. The scheduler's own defaults only try to spread them. An anti-affinity whose
selector does not match the workload's own pods, or that is for another namespace, does nothing.`,
}

var antiAffinity = control.NewField("spec.template.spec.affinity.podAntiAffinity")

func repelling(app string) map[string]any {
	return map[string]any{"podAntiAffinity": map[string]any{"preferredDuringSchedulingIgnoredDuringExecution": []any{map[string]any{
		"weight": 100, "podAffinityTerm": map[string]any{
			"topologyKey":   "kubernetes.io/hostname",
			"labelSelector": map[string]any{"matchLabels": map[string]any{"app": app}},
		},
	}}}}
}
