package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

var (
	namespace  = control.NewField("metadata.namespace")
	objectName = control.NewField("metadata.name")
)

// renderedWithout is for Unless: it holds for what was rendered without a namespace, which whoever installs it gives.
var renderedWithout = &control.Func{
	Text: "a chart or kustomization leaves the namespace to whoever installs it",
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		if !s.Rendered || namespace.Find(at).Exists() {
			fail(control.Violation{At: at, Problem: "says its namespace"})
		}
	},
	Expr: func(control.CEL) string { return "false" },
}

// noNamespace is for Unless: it holds for manifests that leave the namespace to whoever applies them.
var noNamespace = control.Absent("metadata.namespace")

// labelled reports whether a mapping of labels has one of the values under the key.
func labelled(meta tree.Node, key string, values ...string) bool {
	n := meta.Get("labels").Get(key)
	return slices.ContainsFunc(values, n.StrIs)
}
