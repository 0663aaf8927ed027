package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PodDiffersFromOwner: what runs is what was reviewed.
var PodDiffersFromOwner = control.Control{
	ID: "pod-differs-from-owner", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:    "Run pods as the workload that owns them says",
	Scope:    control.Objects,
	Kinds:    control.TemplateKinds(),
	Require:  &control.Func{Check: checkDrift, Text: "pods must be what the template of their owner says"},
	Fix:      control.Advice,
	NoFix:    "Whether the pod or its owner is right, only a person can say.",
	NoPolicy: "An admission policy sees a pod when it is made; what it becomes is known later.",
	Risk:     "Deleting the pod ends what runs in it; its owner makes another one.",
	Remedy: `Find out who changed the pod (the audit log has patches of pods and pods/ephemeralcontainers), then delete it: its owner makes one as the template says. What an
admission webhook adds on purpose, such as a sidecar, is accepted by a waiver.`,
	Refs: control.Refs{
		NSA:   []string{"Threat detection"},
		MITRE: []string{"T1610", "T1609", "T1525"},
		Source: []string{
			"https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement",
			"https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/",
		},
	},
	Why: `The image of a running pod can be changed, and a container can be added to it for debugging, without anybody touching the Deployment that was reviewed. Admission
webhooks change pods as well. What then runs stands in no repository. Only a running cluster shows it: files never fail this.`,
	Bad: drifted(),
	Good: []control.Change{
		{Kind: "Deployment", Path: "observed", Value: map[string]any{"pods": 3}},
	},
}

func drifted() (changes []control.Change) {
	for _, k := range control.TemplateKinds() {
		changes = append(changes, control.Change{Kind: k.Kind, Path: "observed", Value: map[string]any{
			"drift": []any{map[string]any{"pod": "web-1", "path": "spec.containers[0].image", "text": "is b, a in the template"}},
		}})
	}
	return changes
}

func checkDrift(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	drift := at.Get("observed").Get("drift")
	for i, d := range drift.Items() {
		if !fail(control.Violation{At: drift.At(i), Problem: "is in pod " + d.Get("pod").Text() + ": " + d.Get("path").Text() + " " + d.Get("text").Text()}) {
			return
		}
	}
}
