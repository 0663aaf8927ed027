package pods

import "github.com/kubeharden/kubeharden/control"

// NamespaceLimitRangeMissing: containers that say nothing have limits.
var NamespaceLimitRangeMissing = control.Control{
	ID: "namespace-limit-range-missing", Section: "resource-limits", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:    "Set a LimitRange for every namespace",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("LimitRange")),
	Kinds:    []control.Kind{{Kind: "Namespace"}},
	Require:  &control.Together{Check: func(v *control.Verdicts) { checkBounds(v, "LimitRange") }, Text: "a namespace must have a LimitRange"},
	Risk:     "Containers without limits of their own get those of the LimitRange: what needs more is throttled or killed.",
	Fix:      control.Generate,
	NoFix:    "How much the programs of the namespace need only a person can say.",
	Remedy:   "Add a LimitRange with default and defaultRequest for containers, as much as most programs of the namespace need.",
	NoPolicy: "An admission policy does not see what else is in the namespace.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: resource policies"},
		MITRE:  []string{"T1499", "T1496"},
		Source: []string{"https://kubernetes.io/docs/concepts/policy/limit-range/"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0039"},
		Kyverno: []string{"best-practices/add-ns-quota"},
	},
	Why: `A LimitRange gives requests and limits to containers that have none, and bounds what one container may ask for. Without it a single manifest that forgets its
limits can take all memory of a node.`,
	Examples: boundsExamples(`apiVersion: v1
kind: LimitRange
metadata: {name: default, namespace: shop}
spec: {limits: [{type: Container, default: {memory: 512Mi}}]}
`),
}
