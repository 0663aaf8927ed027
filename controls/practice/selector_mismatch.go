package practice

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SelectorMismatch: a workload finds the pods that it makes.
var SelectorMismatch = control.Control{
	ID: "selector-mismatch", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Let the selector match the labels of the template",
	Scope:    control.Objects,
	Kinds:    slices.Concat(keepers, finishers),
	Require:  &control.Func{Check: checkSelector, Text: "spec.selector must match the labels of the pod template"},
	Fix:      control.Advice,
	NoFix:    "Whether the selector or the label is wrong only a person can say, and the selector of a workload that exists cannot be changed.",
	NoPolicy: refused,
	Risk:     "Pods with a new label are selected by other Services and policies, too.",
	Remedy:   "Give the pod template the labels that the selector asks for, or correct the selector.",
	Bad: slices.Concat(
		on(setSelectors, control.Change{Path: "spec.selector", Value: map[string]any{"matchLabels": map[string]any{"app": "other"}}}),
		on(setSelectors, control.Change{Path: "spec.selector", Value: map[string]any{"matchExpressions": []any{map[string]any{"key": "app", "operator": "DoesNotExist"}}}, Name: "expression"}),
		on([]string{"ReplicationController", "DeploymentConfig"}, control.Change{Path: "spec.selector", Value: map[string]any{"app": "other"}}),
		on([]string{"CronJob"}, control.Change{Path: "spec.jobTemplate.spec.selector", Value: map[string]any{"matchLabels": map[string]any{"app": "other"}}}),
	),
	Good: on(setSelectors, control.Change{Path: "spec.selector", Value: map[string]any{"matchExpressions": []any{
		map[string]any{"key": "app", "operator": "In", "values": []any{"app", "other"}}, map[string]any{"key": "x", "operator": "NotIn", "values": []any{"y"}},
	}}}),
	Refs: control.Refs{Source: []string{deploymentDocs, labelDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"mismatching-selector"},
		Kubescape:  []string{"C-0296"},
		KubeScore:  []string{"deployment-pod-selector-labels-match-template-metadata-labels", "statefulset-pod-selector-labels-match-template-metadata-labels"},
	},
	Why: `A workload that does not select its own pods would make new ones for ever, so the API server refuses it. It also refuses a
Deployment, StatefulSet, DaemonSet or ReplicaSet without a selector. Jobs make their selectors themselves.`,
}

var setSelectors = []string{"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}

func checkSelector(s *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := at.Get("spec")
	if s.Object.Kind == "CronJob" {
		spec = spec.Get("jobTemplate").Get("spec")
	}
	selector := spec.Get("selector")
	labels := template(at).Get("metadata").Get("labels")
	if selector.IsNull() || selector.Len() == 0 {
		// Other versions and kinds take the template's labels. What has no labels either is a patch for another manifest.
		if s.Object.APIVersion == "apps/v1" && labels.Len() > 0 {
			field := control.NewField("selector")
			fail(field.Violation(spec, "is missing"))
		}
		return
	}
	if s.Object.Kind == "ReplicationController" || s.Object.Kind == "DeploymentConfig" {
		mismatchedLabels(selector, labels, fail)
		return
	}
	mismatched(selector, labels, fail)
}
