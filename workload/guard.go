package workload

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Guard is an admission policy of Kubernetes, Kyverno or Gatekeeper.
type Guard struct {
	Object int
	// Accounts says that it compares the service account of an object with what it was, so that nobody can exchange it.
	Accounts bool
	// Nodes is what it looks at of nodes that are changed.
	Nodes NodeGuard
}

// guards are the kinds of admission policies, by group.
func guards(group string) []string {
	switch group {
	case "admissionregistration.k8s.io":
		return []string{"ValidatingAdmissionPolicy"}
	case "kyverno.io":
		return []string{"ClusterPolicy", "Policy"}
	case "policies.kyverno.io":
		return []string{"ValidatingPolicy", "NamespacedValidatingPolicy"}
	case "templates.gatekeeper.sh":
		return []string{"ConstraintTemplate"}
	}
	return nil
}

func (g *Governance) addGuard(o *object.Object, number int) {
	if !slices.Contains(guards(o.Group()), o.Kind) {
		return
	}
	spec := o.Root.Get("spec")
	g.Guards = append(g.Guards, Guard{Object: number, Accounts: mentions(spec, "serviceAccountName") && mentions(spec, "oldObject"), Nodes: readNodeGuard(o, spec)})
}

// mentions reports whether a key or a text below a node has a word in it.
func mentions(n tree.Node, word string) bool {
	if n.Kind() == tree.Scalar {
		return strings.Contains(n.Text(), word)
	}
	for _, item := range n.Items() {
		if mentions(item, word) {
			return true
		}
	}
	for key, value := range n.Pairs() {
		if strings.Contains(key.Text(), word) || mentions(value, word) {
			return true
		}
	}
	return false
}
