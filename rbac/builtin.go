package rbac

import "sync"

// builtin is made when it is first asked for, so that a scan without RBAC pays nothing for it.
var builtin = sync.OnceValue(makeBuiltin)

// Builtins returns the roles and bindings that the API server makes itself when it starts, of Kubernetes 1.37. They must not be
// changed. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings
func Builtins() *Set { return builtin() }
