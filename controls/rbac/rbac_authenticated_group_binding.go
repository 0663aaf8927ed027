package rbac

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AuthenticatedGroupBinding: nobody has rights just for being known.
var AuthenticatedGroupBinding = control.Control{
	ID: "rbac-authenticated-group-binding", Section: "cluster-admin", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:  "Give no extra role to system:authenticated or system:serviceaccounts",
	Scope:  control.Objects,
	Kinds:  bothBindings,
	Unless: discoveryBinding,
	Require: noSubject(
		subject{"Group", "system:authenticated", "everybody who has any login, such as every pod with a token"},
		subject{"Group", "system:serviceaccounts", "every pod of the cluster that has a token"},
	),
	Risk:    "Users and pods that got the role without being named lose it; those that need it have to be bound by name.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop the subject; bind the role to the groups or service accounts that need it.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006", "T1078"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles", "https://kubernetes.io/docs/reference/access-authn-authz/rbac/#service-account-permissions"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0265"},
		Trivy:     []string{"KSV-01011"},
		Kyverno:   []string{"other/restrict-binding-system-groups"},
		Other:     []string{"gatekeeper:disallowanonymous"},
	},
	Why: `system:authenticated is everybody with any login: every pod with a token, on some clouds everybody with an account of the provider, in any
company. system:serviceaccounts is every pod of the cluster. A broken web shop then has the role, too. The roles that Kubernetes itself
binds this way, such as discovery, are not reported.`,
	Good: []control.Change{
		subjects("accounts of a namespace", "Group", "system:serviceaccounts:shop"),
		{Path: "roleRef", Value: map[string]any{"kind": "ClusterRole", "name": "system:discovery"}, Name: "discovery"},
	},
}

// discovery are the roles that the API server binds to everybody with a login.
// https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
var discovery = append([]string{"system:basic-user", "system:discovery"}, published...)

// discoveryBinding holds for the bindings that Kubernetes makes, and for others of the same roles.
var discoveryBinding = &control.Func{
	Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		if !isBootstrap(at) && !bindsClusterRole(at, discovery) {
			fail(control.Violation{At: at, Problem: "is a binding of its own"})
		}
	},
	Text: "the API server makes the binding, or the role is " + join(discovery, "or"),
	Expr: func(c control.CEL) string {
		return "(" + bootstrapCEL(c.At) + " || " + bindsCEL(c.At, "ClusterRole", discovery) + ")"
	},
}
