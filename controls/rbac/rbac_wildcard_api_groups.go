package rbac

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// WildcardAPIGroups: no role has API groups that nobody thought of.
var WildcardAPIGroups = control.Control{
	ID: "rbac-wildcard-api-groups", Section: "least-privilege", Layer: control.RBAC, Severity: control.Medium, Since: "0.1",
	Title:  "No wildcard API groups: resources of new operators join silently",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, rule := range at.Get("rules").Items() {
				group, resources := star(rule, "apiGroups"), rule.Get("resources")
				if group.Exists() && resources.Len() > 0 && rule.Get("verbs").Len() > 0 &&
					!fail(control.Violation{At: group, Problem: "is *, for " + listOf(slices.Collect(values(resources)))}) {
					return
				}
			}
		},
		Text: "no rule may be for the API group *",
		Expr: func(c control.CEL) string {
			return anyRuleCEL(c, "'*' in r.?apiGroups.orValue([]) && r.?resources.orValue([]).size() > 0 && r.?verbs.orValue([]).size() > 0")
		},
		Fix: nameGroups,
	},
	Risk:    "Resources of the same name in other API groups, such as those of an operator, are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "List the API groups that the resources are in: \"\" for pods, apps for deployments.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{goodPractices, rbacDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"wildcard-in-rules"},
		Checkov:    []string{"CKV_K8S_49"},
	},
	Why: `Everybody who installs a CustomResourceDefinition names its resources: one called secrets, backups or roles in a new group is then within
the rule, and nobody notices. metrics.k8s.io has pods and nodes of its own today.`,
	Bad: []control.Change{
		roleWith("pods", "*", "pods", "get"),
		roleWith("a subresource", "*", "deployments/scale", "patch"),
		{Path: "rules", Value: []any{map[string]any{"apiGroups": []any{"*", "apps"}, "resources": []any{"jobs", "secrets"}, "verbs": []any{"get"}, "resourceNames": []any{"a"}}}, Name: "two groups"},
	},
}
