package engine

import (
	"iter"

	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/encryption"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// secretFields yields the values of an object that are secret wherever they stand: the contents of a Secret, the keys of an
// EncryptionConfiguration, the credentials of a kubeconfig.
func secretFields(o *object.Object) iter.Seq[tree.Node] {
	switch {
	case o.Kind == "Secret":
		return func(yield func(tree.Node) bool) {
			for _, field := range [...]string{"data", "stringData"} {
				for _, v := range o.Root.Get(field).Pairs() {
					if !yield(v) {
						return
					}
				}
			}
		}
	case o.Kind == encryption.Kind || o.Kind == encryption.LegacyKind:
		return encryption.Secrets(o.Root)
	case o.Kind == "Config" && o.APIVersion == "v1":
		return apiserverconfig.Secrets(o.Root)
	}
	return func(func(tree.Node) bool) {}
}
