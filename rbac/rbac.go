// Package rbac resolves who may do what in a cluster, exactly as Kubernetes' RBAC authorizer does, and follows the ways in which
// rights lead to more rights.
//
// Roles and bindings are known by the number of the object that they were read from, so that every answer can name its place.
package rbac

import (
	"github.com/kubeharden/kubeharden/label"
	"github.com/kubeharden/kubeharden/object"
)

// Group is the API group of roles and bindings.
const Group = "rbac.authorization.k8s.io"

// The kinds of roles, bindings and subjects.
const (
	KindRole               = "Role"
	KindClusterRole        = "ClusterRole"
	KindRoleBinding        = "RoleBinding"
	KindClusterRoleBinding = "ClusterRoleBinding"
	KindUser               = "User"
	KindGroup              = "Group"
	KindServiceAccount     = "ServiceAccount"
)

// Set is the roles and bindings of a cluster or of its manifests, in the order in which they were read. One of them may be there
// more than once, as when two overlays have it.
type Set struct {
	Roles    []Role
	Bindings []Binding
	// TokenSecrets are the Secrets that hold a token of a service account for good.
	TokenSecrets []TokenSecret
	Flaws        []object.Flaw
}

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

// Kind returns Role or ClusterRole.
func (r *Role) Kind() string {
	if r.Namespace == "" {
		return KindClusterRole
	}
	return KindRole
}

// String returns ClusterRole/name or Role/namespace/name.
func (r *Role) String() string { return placed(KindRole, KindClusterRole, r.Namespace, r.Name) }

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
	Kind      string // User, Group or ServiceAccount; what else a file says matches nobody
	Namespace string // of a service account
	Name      string
}

// String returns User/name, Group/name or ServiceAccount/namespace/name.
func (s Subject) String() string {
	if s.Kind == KindServiceAccount {
		return s.Kind + "/" + s.Namespace + "/" + s.Name
	}
	return s.Kind + "/" + s.Name
}

// Binding is a RoleBinding or ClusterRoleBinding.
type Binding struct {
	// Object is the number of the object; Builtin for the bindings that the API server makes itself.
	Object int
	// Namespace is "" for a ClusterRoleBinding.
	Namespace, Name string
	// RoleKind is Role or ClusterRole.
	RoleKind, RoleName string
	Subjects           []Subject
}

// Kind returns RoleBinding or ClusterRoleBinding.
func (b *Binding) Kind() string {
	if b.Namespace == "" {
		return KindClusterRoleBinding
	}
	return KindRoleBinding
}

// String returns ClusterRoleBinding/name or RoleBinding/namespace/name.
func (b *Binding) String() string {
	return placed(KindRoleBinding, KindClusterRoleBinding, b.Namespace, b.Name)
}

// RoleString returns the role that the binding names as ClusterRole/name or Role/namespace/name.
func (b *Binding) RoleString() string {
	if b.RoleKind == KindRole {
		return KindRole + "/" + b.Namespace + "/" + b.RoleName
	}
	return b.RoleKind + "/" + b.RoleName
}

func placed(kind, clusterKind, namespace, name string) string {
	if namespace == "" {
		return clusterKind + "/" + name
	}
	return kind + "/" + namespace + "/" + name
}

// TokenSecret is a Secret of the type kubernetes.io/service-account-token: whoever reads it is the account.
// https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets
type TokenSecret struct {
	Object          int
	Namespace, Name string
	Account         string
	// LastUsed is the day on which the API server saw the token last, 2026-01-31; "" if it has not seen it, or was too old to write that down.
	// https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-legacy-token-last-used
	LastUsed string
}

// Merge adds what another set has; its objects are known by base more than before.
func (s *Set) Merge(other *Set, base int) {
	s.Roles = object.Merge(s.Roles, other.Roles, base, func(x *Role) *int { return &x.Object })
	s.Bindings = object.Merge(s.Bindings, other.Bindings, base, func(x *Binding) *int { return &x.Object })
	s.TokenSecrets = object.Merge(s.TokenSecrets, other.TokenSecrets, base, func(x *TokenSecret) *int { return &x.Object })
	s.Flaws = object.Merge(s.Flaws, other.Flaws, base, func(x *object.Flaw) *int { return &x.Object })
}
