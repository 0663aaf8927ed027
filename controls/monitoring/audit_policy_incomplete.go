package monitoring

import (
	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AuditPolicyIncomplete: there is a rule for everything that matters.
var AuditPolicyIncomplete = control.Control{
	ID: "audit-policy-incomplete", Section: auditSection, Layer: control.Monitoring, Severity: control.Medium, Since: "0.1",
	Title: "Cover secrets, tokens, exec, RBAC and pod changes with the audit policy",
	Scope: control.Objects,
	Kinds: auditPolicies,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			p, ok := readPolicy(at, fail)
			if !ok {
				return
			}
			list, complete := p.BlindSpots()
			for _, s := range byRule(list, func(b *audit.BlindSpot) bool { return b.Rule < 0 }) {
				if !fail(s.violation(at, "leaves nothing of")) {
					return
				}
			}
			unfinished(at, complete, fail)
		},
		Text: "every request for secrets, tokens, exec, roles, admission and pods must match a rule",
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			return append(out, control.Edit{Op: control.Append, At: at, Path: []string{"rules"}, Value: everything("Metadata")})
		},
	},
	Suppresses: []string{"audit-events-for-sensitive-operations"},
	Risk:       "The audit log grows by an event for every request that no rule was for.",
	Fix:        control.Auto,
	FixRisk:    control.Safe,
	NoPolicy:   noPolicyForFiles,
	Remedy:     "End the rules with - level: Metadata, which is for everything that no rule before it is for, or write a new policy with `kubeharden generate audit-policy`.",
	Refs: control.Refs{
		CIS:    []string{"3.2.2"},
		NSA:    []string{needsAudit},
		MITRE:  []string{"T1562.008", "T1070"},
		Source: []string{auditDocs, auditChecker},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0161"},
		KubeBench: []string{"3.2.2"},
		Other:     []string{"kics:audit_policy_not_cover_key_security_concerns"},
	},
	Why: `A request that no rule matches is not logged. Nobody can say afterwards who read the secrets, who opened a shell in a pod or who made himself
an administrator, and nobody is warned while it happens.`,
	Bad: []control.Change{
		{Path: "rules", Name: "only some resources", Value: []any{ruleMap{"level": "Metadata", "resources": resourcesOf("", "secrets", "pods")}}},
		{Path: "rules", Name: "only pods, not their subresources", Value: []any{
			ruleMap{"level": "Metadata", "resources": resourcesOf("", "pods")}, ruleMap{"level": "None", "nonResourceURLs": []any{"*"}},
		}},
		{Path: "rules", Name: "only some users", Value: []any{ruleMap{"level": "Metadata", "userGroups": []any{"system:serviceaccounts"}}}},
	},
	Good: []control.Change{
		{Path: "rules", Name: "a catch-all", Value: []any{everything("Metadata")}},
		{Path: "rules", Name: "all that have authenticated or not", Value: []any{
			ruleMap{"level": "Metadata", "userGroups": []any{"system:authenticated", "system:unauthenticated"}},
		}},
	},
}
