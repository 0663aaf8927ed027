package monitoring

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AuditPolicyRuleShadowed: every rule decides something.
var AuditPolicyRuleShadowed = control.Control{
	ID: "audit-policy-rule-shadowed", Section: auditSection, Layer: control.Monitoring, Severity: control.Medium, Since: "0.1",
	Title: "Order audit rules so that each of them can match",
	Scope: control.Objects,
	Kinds: auditPolicies,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			p, ok := readPolicy(at, fail)
			if !ok {
				return
			}
			list, complete := p.Shadowed()
			for i := range list {
				if !fail(control.Violation{At: at.Get("rules").At(list[i].Rule), Problem: list[i].Text()}) {
					return
				}
			}
			unfinished(at, complete, fail)
		},
		Text: "for every rule there must be a request that no earlier rule takes",
	},
	Risk:     "Requests are logged at the level of the rule that could not match before: with more, or with fewer, details.",
	Fix:      control.Advice,
	NoFix:    "Whether the earlier rule is too wide or this one is not needed only a person can say.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Move the rule in front of those that take its requests, narrow them, or remove it: the first rule that matches decides.",
	Refs: control.Refs{
		NSA:    []string{needsAudit},
		MITRE:  []string{"T1562.008", "T1070"},
		Source: []string{auditDocs, auditChecker},
	},
	Why: `The first rule that matches decides, so a rule behind a wider one never does: the rule that should keep secrets out of the log, or the one that
should log them, is there and does nothing. The same goes for a rule for a verb such as impersonate, which no request has.`,
	Bad: []control.Change{
		{Path: "rules", Name: "behind a catch-all", Value: []any{everything("Metadata"), ruleMap{"level": "Request", "verbs": []any{"create"}}}},
		{Path: "rules", Name: "behind two that take it together", Value: []any{
			ruleMap{"level": "Metadata", "resources": resourcesOf("", "secrets")},
			ruleMap{"level": "Metadata", "resources": resourcesOf("", "configmaps")},
			ruleMap{"level": "Request", "verbs": []any{"create"}, "resources": resourcesOf("", "secrets", "configmaps")},
			everything("Metadata"),
		}},
		{Path: "rules", Name: "a verb of the authorizer", Value: []any{ruleMap{"level": "Request", "verbs": []any{"impersonate"}, "resources": resourcesOf("", "users")}, everything("Metadata")}},
		{Path: "rules", Name: "no such group", Value: []any{ruleMap{"level": "Metadata", "resources": resourcesOf("core", "secrets")}, everything("Metadata")}},
	},
	Good: []control.Change{
		{Path: "rules", Name: "the narrow one first", Value: []any{ruleMap{"level": "Metadata", "verbs": []any{"get"}}, everything("Metadata")}},
		{Path: "rules", Name: "a subresource behind its resource", Value: []any{
			ruleMap{"level": "None", "resources": resourcesOf("", "nodes")}, ruleMap{"level": "Metadata", "resources": resourcesOf("", "nodes/proxy")}, everything("Metadata"),
		}},
	},
}
