package practice

import "github.com/kubeharden/kubeharden/control"

// LabelsMissing: objects say what was agreed on.
var LabelsMissing = control.Control{
	ID: "labels-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:   "Set the agreed labels",
	Scope:   control.Objects,
	Kinds:   owned,
	Require: agreed("labels", "metadata.labels"),
	Params: []control.Param{{
		Name: "labels", Doc: "keys of labels that must be there; in key=value the value is what a fix sets",
		Example: []string{"owner=team-a"},
	}},
	Fix:     control.Auto,
	FixRisk: control.Safe,
	Risk:    "None: nothing selects by a key that was not there.",
	Remedy:  "Add the labels that the parameter labels lists, each with a value.",
	Bad:     []control.Change{{Path: "metadata.labels", Name: "missing"}, {Path: "metadata.labels", Value: map[string]any{"owner": ""}, Name: "empty"}},
	Refs:    control.Refs{Source: []string{labelDocs}},
	Peers: control.Peers{
		KubeLinter: []string{"required-label-owner"},
		Kubescape:  []string{"C-0076", "C-0077"},
		Kyverno:    []string{"best-practices/require-labels"},
		Other:      []string{"gatekeeper:requiredlabels", "terrascan:AC-K8-OE-NS-L-0128"},
	},
	Why: `Who owns a workload and what it costs can be asked of the cluster only if every object says so. Which labels that are is for each organisation to
agree on, so this control needs a setting.`,
}
