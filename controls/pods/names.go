package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

var namespace = control.NewField("metadata.namespace")

// noNamespace is for Unless: it holds for manifests that leave the namespace to whoever applies them.
var noNamespace = control.Absent("metadata.namespace")

// labelled reports whether a mapping of labels has one of the values under the key.
func labelled(meta tree.Node, key string, values ...string) bool {
	n := meta.Get("labels").Get(key)
	return slices.ContainsFunc(values, n.StrIs)
}
