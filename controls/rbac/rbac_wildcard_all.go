package rbac

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// WildcardAll: no role is all of the cluster.
var WildcardAll = control.Control{
	ID: "rbac-wildcard-all", Section: "least-privilege", Layer: control.RBAC, Severity: control.Critical, Since: "0.1",
	Title:  "No role with verbs * on resources *",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, rule := range at.Get("rules").Items() {
				verb, problem := everyVerb(rule)
				if verb.Exists() && star(rule, "resources").Exists() && anyOf(rule.Get("apiGroups"), allOrCore) &&
					!fail(control.Violation{At: verb, Problem: problem + ", on all resources of " + groupsOf(rule)}) {
					return
				}
			}
		},
		Text: "no rule may allow verbs *, or each of get, list, create, delete and update or patch, on resources * of all API groups, or of the core group",
		Expr: func(c control.CEL) string {
			return anyRuleCEL(c, everyVerbCEL+" && '*' in r.?resources.orValue([]) && r.?apiGroups.orValue([]).exists(g, g in "+control.QuoteAll(allOrCore)+")")
		},
	},
	Suppresses: append([]string{"rbac-wildcard-verbs", "rbac-wildcard-resources", "rbac-wildcard-api-groups"}, rights...),
	Risk:       "Everything that the program does and that the new rules leave out is refused.",
	Fix:        control.Generate,
	NoFix:      "What of it is in use, only the audit log can say.",
	Remedy:     "Write one rule for each API group with the resources and verbs that are in use; the audit log, or the documentation of the program, has them.",
	Refs: control.Refs{
		CIS:    []string{"5.1.3"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1098.006"},
		Source: []string{goodPractices, rbacDocs},
	},
	Peers: control.Peers{
		KubeLinter: []string{"wildcard-in-rules"},
		Kubescape:  []string{"C-0187"},
		Trivy:      []string{"KSV-0044"},
		Checkov:    []string{"CKV_K8S_49"},
		Polaris:    []string{"rolebindingClusterAdminRole", "clusterrolebindingClusterAdmin"},
		Kyverno:    []string{"other/restrict-wildcard-resources", "other/restrict-wildcard-verbs"},
		KubeBench:  []string{"5.1.3"},
		Other:      []string{"kubiscan:risky-any-verb", "semgrep:legacy-api-clusterrole-excessive-permissions"},
	},
	Why: `Such a role is cluster-admin by another name: it reads every Secret, runs commands in every pod and gives itself whatever the API learns
next year. The core group alone is enough for that, and so are the verbs by which objects are read, made, changed and deleted, one by one. Of the group of an operator of your own it is no more than wildcard verbs and wildcard
resources.`,
	Bad: []control.Change{
		roleWith("all groups", "*", "*", "*"),
		roleWith("core group", "", "*", "*"),
		roleWithVerbs("each verb", "*", "*", "get", "list", "watch", "create", "update", "patch", "delete"),
		roleWithVerbs("the verbs that the others follow from", "", "*", "patch", "delete", "create", "list", "get"),
	},
	Good: []control.Change{
		roleWith("a group of its own", "example.com", "*", "*"),
		roleWith("all objects", "*", "*", "get"),
		roleWithVerbs("nothing can be made", "*", "*", "get", "list", "watch", "update", "patch", "delete"),
		roleWithVerbs("nothing can be changed", "*", "*", "get", "list", "watch", "create", "delete", "deletecollection"),
	},
}

// allOrCore are the ways to write the core group, which has Secrets, pods and the tokens of service accounts.
var allOrCore = []string{"*", ""}
