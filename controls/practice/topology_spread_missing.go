package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// TopologySpreadMissing: the replicas of a workload do not share one node or zone.
var TopologySpreadMissing = control.Control{
	ID: "topology-spread-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:  "Set topology spread constraints",
	Scope:  control.Objects,
	Kinds:  replicated,
	Unless: single,
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			if pod := template(at); !spreadOver(pod, "") && !repels(s, pod) {
				fail(spreadConstraints.Violation(at, "is missing"))
			}
		},
		Text: spreadConstraints.String() + " or a podAntiAffinity must keep the replicas apart",
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			labels := map[string]any{}
			selector := at.Get("spec").Get("selector")
			if matchLabels := selector.Get("matchLabels"); matchLabels.Exists() {
				selector = matchLabels // a DeploymentConfig has none
			}
			for key, value := range selector.Pairs() {
				if value.Kind() != tree.Scalar {
					return out
				}
				labels[key.Text()] = value.Text()
			}
			if len(labels) == 0 {
				return out
			}
			return append(out, spreadConstraints.Set(at, []any{spreading("kubernetes.io/hostname", labels), spreading("topology.kubernetes.io/zone", labels)}))
		},
	},
	Suppresses: []string{"pod-anti-affinity-missing"},
	Fix:        control.Auto,
	FixRisk:    control.Safe,
	NoPolicy:   longSelectors,
	Risk:       "With ScheduleAnyway, which a fix sets, none: the scheduler prefers nodes, it does not insist.",
	Remedy:     "Add topologySpreadConstraints with maxSkew: 1 on kubernetes.io/hostname and topology.kubernetes.io/zone, whenUnsatisfiable: ScheduleAnyway.",
	Bad:        on([]string{"Deployment", "StatefulSet", "DeploymentConfig"}, control.Change{Path: "spec.template.spec", Value: map[string]any{"containers": named("a")}, Name: "missing"}),
	Good:       []control.Change{{Path: "spec.template.spec", Value: map[string]any{"containers": named("a"), "affinity": repelling("app")}, Name: "anti-affinity instead"}},
	Refs:       control.Refs{Source: []string{spreadDocs}},
	Peers: control.Peers{
		Polaris:   []string{"topologySpreadConstraint"},
		KubeScore: []string{"pod-topology-spread-constraints"},
		Kyverno:   []string{"other/topologyspreadconstraints-policy"},
	},
	Why: `Several replicas are no help if one node, or one zone, has all of them. The scheduler spreads the pods of a workload by default, but only
as a preference that gives way to others and allows a difference of three to five pods.`,
}

var spreadConstraints = control.NewField("spec.template.spec.topologySpreadConstraints")

func spreading(key string, labels map[string]any) map[string]any {
	return map[string]any{
		"maxSkew": int64(1), "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway",
		"labelSelector": map[string]any{"matchLabels": labels},
	}
}
