package rbac

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// WildcardVerbs: no role has verbs that nobody thought of.
var WildcardVerbs = control.Control{
	ID: "rbac-wildcard-verbs", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:  "No wildcard verbs",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, rule := range at.Get("rules").Items() {
				verb, resources := star(rule, "verbs"), rule.Get("resources")
				if verb.Exists() && resources.Len() > 0 && rule.Get("apiGroups").Len() > 0 &&
					!fail(control.Violation{At: verb, Problem: "is *, on " + listOf(slices.Collect(values(resources)))}) {
					return
				}
			}
		},
		Text: "no rule may allow the verb * on resources",
		Expr: func(c control.CEL) string {
			return anyRuleCEL(c, "'*' in r.?verbs.orValue([]) && r.?resources.orValue([]).size() > 0 && r.?apiGroups.orValue([]).size() > 0")
		},
	},
	Suppresses: rights,
	Risk:       "What the program does with verbs that are left out is refused.",
	Fix:        control.Generate,
	NoFix:      "Which verbs are in use, only the audit log or the program can say.",
	Remedy:     "List the verbs that are in use, such as get, list and watch.",
	Refs: control.Refs{
		CIS:    []string{"5.1.3"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{goodPractices, rbacDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"wildcard-in-rules"},
		Trivy:      []string{"KSV-0045"},
		Checkov:    []string{"CKV_K8S_49"},
		Kyverno:    []string{"other/restrict-wildcard-verbs"},
		KubeBench:  []string{"5.1.3"},
		Other:      []string{"kubiscan:risky-any-verb-secrets"},
	},
	Why: `* is more than reading and writing: it has deletecollection, and verbs that RBAC itself asks for, such as escalate and bind on roles or
impersonate on users. New verbs of later versions join without anybody having decided so.`,
	Bad: []control.Change{
		roleWith("pods", "", "pods", "*"),
		roleWith("a group of its own", "example.com", "*", "*"),
	},
	Good: []control.Change{
		{Path: "rules", Value: []any{map[string]any{"nonResourceURLs": []any{"/metrics"}, "verbs": []any{"*"}}}, Kind: "ClusterRole", Name: "paths"},
	},
}
