package practice

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// LabelValueInvalid: labels can be selected by.
var LabelValueInvalid = control.Control{
	ID: "label-value-invalid", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Use valid labels",
	Scope:    control.Objects,
	Kinds:    builtIn,
	Require:  &control.Func{Check: checkLabels, Text: "keys and values of labels must have the syntax of labels"},
	Fix:      control.Advice,
	NoFix:    "What the label should say only its author knows.",
	NoPolicy: refused,
	Risk:     "Selectors for the old value no longer match.",
	Remedy:   "Use at most 63 letters, digits, hyphens, underscores and dots, with a letter or digit at both ends; put longer texts into annotations.",
	Bad: []control.Change{
		{Path: "metadata.labels", Value: map[string]any{"app": "my app"}},
		{Path: "metadata.labels", Value: map[string]any{"app": "x-"}},
		{Path: "metadata.labels", Value: map[string]any{"a/b/c": "x"}},
		{Path: "metadata.labels", Value: map[string]any{"app": strings.Repeat("x", 64)}, Name: "too long"},
	},
	Good: []control.Change{{Path: "metadata.labels", Value: map[string]any{"example.com/A_b.c-1": "", "app": "A_b.c-1", "none": nil}}},
	Refs: control.Refs{Source: []string{labelDocs}},
	Peers: control.Peers{
		KubeScore: []string{"label-values"},
		Other:     []string{"kics:Metadata Label Is Invalid"},
	},
	Why: `The API server refuses objects whose labels are no labels: values with blanks, slashes or commit messages in them, or versions that are
too long. In a template the mistake shows only when the workload makes its first pod.`,
}

func checkLabels(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if !validLabels(at.Get("metadata").Get("labels"), fail) {
		return
	}
	for pod := range s.Object.Pods() {
		if meta := pod.Meta; meta != at.Get("metadata") && !validLabels(meta.Get("labels"), fail) {
			return
		}
	}
}

// validLabels checks labels and says whether to go on. A value of another type than text is a matter of the schema.
func validLabels(labels tree.Node, fail control.FailFunc) bool {
	for key, value := range labels.Pairs() {
		if problem := labelKeyProblem(key.Text()); problem != "" && !fail(control.Violation{At: value, Problem: "has a key that " + problem}) {
			return false
		}
		text, ok := value.Str()
		if problem := labelValueProblem(text); ok && problem != "" && !fail(control.Violation{At: value, Problem: problem}) {
			return false
		}
	}
	return true
}
