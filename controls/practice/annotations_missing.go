package practice

import "github.com/kubeharden/kubeharden/control"

// AnnotationsMissing: objects say whom to ask.
var AnnotationsMissing = control.Control{
	ID: "annotations-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:   "Set the agreed annotations",
	Scope:   control.Objects,
	Kinds:   owned,
	Require: agreed("annotations", "metadata.annotations"),
	Params: []control.Param{{
		Name: "annotations", Doc: "keys of annotations that must be there; in key=value the value is what a fix sets",
		Example: []string{"example.com/contact=team-a@example.com"},
	}},
	Fix:     control.Auto,
	FixRisk: control.Safe,
	Risk:    "None: nothing selects by a key that was not there.",
	Remedy:  "Add the annotations that the parameter annotations lists, each with a value.",
	Bad:     []control.Change{{Path: "metadata.annotations", Name: "missing"}, {Path: "metadata.annotations", Value: map[string]any{"example.com/contact": ""}, Name: "empty"}},
	Refs:    control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/annotations/"}},
	Peers: control.Peers{
		KubeLinter: []string{"required-annotation-email"},
		Kyverno:    []string{"other/require-annotations"},
		Other:      []string{"gatekeeper:requiredannotations"},
	},
	Why: `Whom to ask when a workload misbehaves at night should stand on the workload. Which annotations say it is for each organisation to agree on, so
this control needs a setting.`,
}
