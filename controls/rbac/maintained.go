package rbac

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// bootstrapLabel marks the roles and bindings that the API server makes and restores with each start.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
var bootstrapLabel = control.NewField(`metadata.labels["kubernetes.io/bootstrapping"]`)

var nameOf = control.NewField("metadata.name")

// userFacing are the bootstrap roles whose names do not begin with system:.
var userFacing = []string{"admin", "cluster-admin", "edit", "view"}

// isBootstrap reports whether an object is one of the API server. The label alone is not enough: anybody can set it.
func isBootstrap(root tree.Node) bool {
	if !bootstrapLabel.Find(root).StrIs("rbac-defaults") {
		return false
	}
	name := nameOf.Find(root)
	return strings.HasPrefix(name.Text(), "system:") || isOneOf(name, userFacing)
}

func bootstrapCEL(at string) string {
	name := nameOf.CEL(at) + ".orValue('')"
	return "(" + bootstrapLabel.CEL(at) + ".orValue('') == 'rbac-defaults' && (" + name + ".startsWith('system:') || " +
		name + " in " + control.QuoteAll(userFacing) + "))"
}

// maintained holds for roles whose rules nobody can change: the API server restores those that it made itself, and
// the controller manager those that are put together from others, which are judged themselves.
var maintained = &control.Func{
	Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		if !isAggregated(at) && !isBootstrap(at) && !isUserFacing(at) {
			fail(control.Violation{At: at, Problem: "is maintained by hand"})
		}
	},
	Text: "the API server restores the role (a ClusterRole named cluster-admin, admin, edit or view; or named system:*, with the label kubernetes.io/bootstrapping: rbac-defaults), or its rules come from others (aggregationRule)",
	Expr: func(c control.CEL) string {
		return "(" + aggregatedCEL(c.At) + " || " + bootstrapCEL(c.At) + " || " + userFacingCEL(c.At) + ")"
	},
}

// isUserFacing reports whether a role is one of the four that people are given. A cluster has one ClusterRole of each of these names, labelled or not:
// cluster-admin has every right whatever a manifest says, and the controller manager writes the rules of the others.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles
func isUserFacing(root tree.Node) bool {
	return root.Get("kind").StrIs("ClusterRole") && isOneOf(nameOf.Find(root), userFacing)
}

func userFacingCEL(at string) string {
	return "(" + at + ".?kind.orValue('') == 'ClusterRole' && " + nameOf.CEL(at) + ".orValue('') in " + control.QuoteAll(userFacing) + ")"
}

// isAggregated reports whether the controller manager writes the rules. Only ClusterRoles have the field.
func isAggregated(root tree.Node) bool {
	rule := root.Get("aggregationRule")
	return root.Get("kind").StrIs("ClusterRole") && rule.Exists() && !rule.IsNull()
}

func aggregatedCEL(at string) string {
	return "(" + at + ".?kind.orValue('') == 'ClusterRole' && " + at + ".?aggregationRule.hasValue())"
}
