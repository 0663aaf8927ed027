package secrets

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SecretInLastAppliedAnnotation: a copy in an annotation is read by whoever may read less.
var SecretInLastAppliedAnnotation = control.Control{
	ID: "secret-in-last-applied-annotation", Section: "hard-coded", Layer: control.Secrets, Severity: control.Medium, Since: "0.1",
	Title:   "Keep no copy of a Secret in the annotation of kubectl apply",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Kind: "Secret"}},
	Require: &control.Func{Check: checkLastApplied, Text: "metadata.annotations of a Secret must not hold the Secret itself as kubectl last applied it", Fix: dropLastApplied},
	Risk:    "The next kubectl apply no longer knows which fields it had set, and leaves those that the file has dropped.",
	Fix:     control.Auto, FixRisk: control.Review,
	NoPolicy: "An admission policy would refuse every kubectl apply of a Secret.",
	Remedy:   "Remove the annotation kubectl.kubernetes.io/last-applied-configuration, and apply Secrets with kubectl apply --server-side.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.001"},
		Source: []string{"https://kubernetes.io/docs/reference/labels-annotations-taints/#kubectl-kubernetes-io-last-applied-configuration", "https://kubernetes.io/docs/reference/using-api/server-side-apply/"},
	},
	Why: `kubectl apply keeps the whole object in an annotation, of a Secret its values too. Annotations are metadata: audit logs, exports, caches and tools that leave the data
of Secrets out show them, and a value that was rotated by other means stays there.`,
	Bad: []control.Change{
		{Path: "metadata.annotations", Name: "data", Value: map[string]any{lastApplied: `{"apiVersion":"v1","data":{"password":"aHVudGVyMg=="},"kind":"Secret"}`}},
		{Path: "metadata.annotations", Name: "stringData", Value: map[string]any{lastApplied: `{"kind":"Secret","stringData":{"password":"hunter2"}}`}},
	},
	Good: []control.Change{
		{Path: "metadata.annotations", Name: "no values", Value: map[string]any{lastApplied: `{"apiVersion":"v1","kind":"Secret","type":"Opaque"}`}},
		{Path: "metadata.annotations", Name: "another one", Value: map[string]any{"note": `"data": is in the vault`}},
	},
}

// lastApplied is the annotation in which kubectl keeps the object.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

// checkLastApplied looks for the keys of values, and never at the values. Where the annotation is not JSON, which kubectl does not write, its text
// is looked at.
func checkLastApplied(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	n := at.Get("metadata").Get("annotations").Get(lastApplied)
	text := n.Text()
	if text == "" {
		return
	}
	holds := strings.Contains(text, `"data"`) || strings.Contains(text, `"stringData"`)
	if t, err := tree.NewParser().Parse([]byte(text), tree.Document{End: len(text)}); err == nil && t.Root().Kind() == tree.Mapping {
		holds = t.Root().Get("data").Len()+t.Root().Get("stringData").Len() > 0
	}
	if holds {
		fail(control.Violation{At: n, Problem: "holds the values of the Secret", Secret: true})
	}
}

func dropLastApplied(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	return append(out, control.Edit{Op: control.Remove, At: at.Get("metadata").Get("annotations").Get(lastApplied)})
}
