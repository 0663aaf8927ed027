package rbac

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// WildcardResources: no role has resources that nobody thought of.
var WildcardResources = control.Control{
	ID: "rbac-wildcard-resources", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:  "No wildcard resources, neither in a cluster nor in a namespace",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, rule := range at.Get("rules").Items() {
				resource, verbs := star(rule, "resources"), rule.Get("verbs")
				if resource.Exists() && verbs.Len() > 0 && rule.Get("apiGroups").Len() > 0 &&
					!fail(control.Violation{At: resource, Problem: "is *, all resources of " + groupsOf(rule) + ", with " + listOf(slices.Collect(values(verbs)))}) {
					return
				}
			}
		},
		Text: "no rule may allow anything on resources *",
		Expr: func(c control.CEL) string {
			return anyRuleCEL(c, "'*' in r.?resources.orValue([]) && r.?verbs.orValue([]).size() > 0 && r.?apiGroups.orValue([]).size() > 0")
		},
	},
	Suppresses: rights,
	Risk:       "What the program does with resources that are left out is refused.",
	Fix:        control.Generate,
	NoFix:      "Which resources are in use, only the audit log or the program can say.",
	Remedy:     "List the resources that are in use.",
	Refs: control.Refs{
		CIS:    []string{"5.1.3"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{goodPractices, rbacDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"wildcard-in-rules"},
		Trivy:      []string{"KSV-0046", "KSV-0112"},
		Checkov:    []string{"CKV_K8S_49"},
		Kyverno:    []string{"other/restrict-wildcard-resources"},
		KubeBench:  []string{"5.1.3"},
		Other:      []string{"semgrep:legacy-api-clusterrole-excessive-permissions"},
	},
	Why: `* has all subresources as well: read access to the core group reads Secrets, and the plain get of nodes/proxy runs commands on every node.
Resources that a later version or a new CustomResourceDefinition brings join without anybody having decided so.`,
	Bad: []control.Change{
		roleWith("read", "", "*", "get"),
		roleWith("a group of its own", "example.com", "*", "create"),
	},
	Good: []control.Change{
		roleWith("a subresource", "*", "*/scale", "update"),
		roleWith("no wildcard", "", "pods/*", "get"),
	},
}
