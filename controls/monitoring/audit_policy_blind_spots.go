package monitoring

import (
	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AuditPolicyBlindSpots: no rule takes something sensitive out of the log.
var AuditPolicyBlindSpots = control.Control{
	ID: "audit-policy-blind-spots", Section: auditSection, Layer: control.Monitoring, Severity: control.High, Since: "0.1",
	Title: "Leave nothing that people or workloads do to secrets, rights and pods out of the audit log",
	Scope: control.Objects,
	Kinds: auditPolicies,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			p, ok := readPolicy(at, fail)
			if !ok {
				return
			}
			list, complete := p.BlindSpots()
			for _, s := range byRule(list, func(b *audit.BlindSpot) bool { return b.Rule >= 0 && !b.IsException() }) {
				if !fail(s.violation(at, "leaves nothing of")) {
					return
				}
			}
			unfinished(at, complete, fail)
		},
		Text: "no rule may leave secrets, tokens, exec, roles, admission or pod changes out of the log, except of a component that it names",
	},
	Risk:     "The audit log grows by the requests that the rule left out.",
	Fix:      control.Advice,
	NoFix:    "Which of the requests of the rule are noise only a person can say.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Put a rule with level: Metadata for what is sensitive before the rule, or narrow the rule to the users, verbs and resources that are noise.",
	Refs: control.Refs{
		CIS:    []string{"3.2.2"},
		NSA:    []string{needsAudit},
		MITRE:  []string{"T1562.008", "T1070"},
		Source: []string{auditDocs, auditChecker},
	},
	Why: `A rule with level None, or with all stages left out, makes its requests invisible. If it is for people, for system:masters, for a namespace of
workloads or for a whole API group, an attacker who gets such an identity can read the secrets and open shells without a trace.`,
	Bad: []control.Change{
		{Path: "rules", Name: "a user", Value: []any{ruleMap{"level": "None", "users": []any{"admin"}}, everything("Metadata")}},
		{Path: "rules", Name: "system:masters", Value: []any{ruleMap{"level": "None", "userGroups": []any{"system:masters"}}, everything("Metadata")}},
		{Path: "rules", Name: "a whole group", Value: []any{ruleMap{"level": "None", "resources": []any{ruleMap{"group": "rbac.authorization.k8s.io"}}}, everything("Metadata")}},
		{Path: "rules", Name: "all reads", Value: []any{ruleMap{"level": "None", "verbs": []any{"get", "list", "watch"}}, everything("Metadata")}},
		{Path: "rules", Name: "all stages", Value: []any{ruleMap{"level": "Metadata", "omitStages": []any{"RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"}}}},
		{Path: "omitStages", Value: []any{"RequestReceived", "ResponseComplete"}},
		{Path: "rules", Name: "config maps of everybody", Value: []any{ruleMap{"level": "None", "resources": resourcesOf("", "configmaps")}, everything("Metadata")}},
	},
	Good: []control.Change{
		{Path: "rules", Name: "noise", Value: []any{
			ruleMap{"level": "None", "users": []any{"system:kube-proxy"}, "verbs": []any{"watch"}, "resources": resourcesOf("", "endpoints", "services")},
			ruleMap{"level": "None", "resources": resourcesOf("", "events")},
			everything("Metadata"),
		}},
		{Path: "rules", Name: "a component", Value: []any{
			ruleMap{"level": "None", "users": []any{"system:kube-controller-manager"}, "verbs": []any{"get"}, "resources": resourcesOf("", "secrets")}, everything("Metadata"),
		}},
		{Path: "rules", Name: "a config map that a controller renews", Value: []any{
			ruleMap{"level": "None", "resources": []any{ruleMap{"group": "", "resources": []any{"configmaps"}, "resourceNames": []any{"leader"}}}}, everything("Metadata"),
		}},
	},
}
