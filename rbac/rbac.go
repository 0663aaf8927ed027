// Package rbac resolves who may do what in a cluster, exactly as Kubernetes' RBAC authorizer does, and follows the ways in which
// rights lead to more rights.
//
// Roles and bindings are known by the number of the object that they were read from, so that every answer can name its place.
package rbac

import "github.com/kubeharden/kubeharden/label"

// Role is a Role or ClusterRole.
type Role struct {
	// Object is the number of the object; Builtin for the roles that the API server makes itself.
	Object int
	// Namespace is "" for a ClusterRole.
	Namespace, Name string
	Labels          label.Set
	Rules           []Rule
	// Aggregation selects the ClusterRoles whose rules make up this one; nil without an aggregationRule.
	Aggregation []label.Selector
}

// Builtin is the number of objects that no manifest has because the API server makes them.
const Builtin = -1

// Rule is one rule of a role: what it allows is every combination of its parts. "*" in a part is everything.
// https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/role-v1/
type Rule struct {
	Verbs           []string
	APIGroups       []string // "" is the core group
	Resources       []string // "pods", "pods/exec", "*/scale"
	ResourceNames   []string // empty is all names
	NonResourceURLs []string // "/healthz", "/api/*"; only in a ClusterRole, and only bound by a ClusterRoleBinding
}

// Subject is whom a binding gives a role.
type Subject struct {
	Kind      string // User, Group or ServiceAccount
	Namespace string // of a service account
	Name      string
}

// Binding is a RoleBinding or ClusterRoleBinding.
type Binding struct {
	Object int
	// Namespace is "" for a ClusterRoleBinding.
	Namespace, Name string
	// RoleKind is Role or ClusterRole.
	RoleKind, RoleName string
	Subjects           []Subject
}
