package monitoring

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AuditPolicyLogsSecretBodies: the audit log holds no secret.
var AuditPolicyLogsSecretBodies = control.Control{
	ID: "audit-policy-logs-secret-bodies", Section: auditSection, Layer: control.Monitoring, Severity: control.Critical, Since: "0.1",
	Title: "Log Secrets, ConfigMaps and tokens without their contents",
	Scope: control.Objects,
	Kinds: auditPolicies,
	Require: &control.Func{
		Check: checkSecretBodies,
		Text:  "no rule may log the bodies of Secrets, ConfigMaps, TokenReviews and token requests",
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			p, ok := readPolicy(at, func(control.Violation) bool { return false })
			if !ok {
				return out
			}
			list, _ := p.SecretBodies()
			last := -1
			for _, e := range list {
				if e.Rule != last {
					last = e.Rule
					out = append(out, control.Edit{Op: control.Set, At: at.Get("rules").At(e.Rule), Path: []string{"level"}, Value: audit.Metadata.String()})
				}
			}
			return out
		},
	},
	Risk:     "The bodies of the other requests of the rule are no longer logged; a rule for the secrets before it keeps them.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForFiles,
	Remedy:   "Put a rule with level: Metadata for secrets, configmaps, serviceaccounts/token and tokenreviews.authentication.k8s.io before the rules that log bodies, or set the level of the rule to Metadata.",
	Refs: control.Refs{
		NSA:    []string{needsAudit, "Network separation: secrets"},
		MITRE:  []string{"T1552.001"},
		Source: []string{auditDocs, "https://github.com/kubernetes/kubernetes/blob/v1.34.0/staging/src/k8s.io/apiserver/pkg/audit/request.go"},
	},
	Peers: control.Peers{Kubescape: []string{"C-0161"}},
	Why: `At the levels Request and RequestResponse the API server writes the objects into its log, so that every password, key and token stands there in
plain text. The log goes to disks, backups and log servers, and to people who may read logs but no secrets; encryption of etcd does not reach it.
A catch-all rule does this as much as one that names secrets.`,
	Bad: []control.Change{
		{Path: "rules", Name: "secrets", Value: []any{ruleMap{"level": "RequestResponse", "resources": resourcesOf("", "secrets")}, everything("Metadata")}},
		{Path: "rules", Name: "config maps", Value: []any{ruleMap{"level": "Request", "resources": resourcesOf("", "configmaps")}, everything("Metadata")}},
		{Path: "rules", Name: "a catch-all", Value: []any{everything("RequestResponse")}},
		{Path: "rules", Name: "new tokens", Value: []any{ruleMap{"level": "RequestResponse", "resources": resourcesOf("", "serviceaccounts/*")}, everything("Metadata")}},
		{Path: "rules", Name: "reviewed tokens", Value: []any{ruleMap{"level": "Request", "resources": []any{ruleMap{"group": "authentication.k8s.io"}}}, everything("Metadata")}},
		{Path: "rules", Name: "an earlier rule for reading only", Value: []any{
			ruleMap{"level": "Metadata", "verbs": []any{"get", "list", "watch"}, "resources": resourcesOf("", "secrets", "configmaps")}, everything("RequestResponse"),
		}},
	},
	Good: []control.Change{
		{Path: "rules", Name: "secrets are taken before", Value: slices.Concat(
			[]any{ruleMap{"level": "Metadata", "resources": []any{
				ruleMap{"group": "", "resources": []any{"secrets", "configmaps", "serviceaccounts/token"}}, ruleMap{"group": "authentication.k8s.io"},
			}}}, []any{everything("RequestResponse")},
		)},
		{Path: "rules", Name: "requests to read have no body", Value: []any{ruleMap{"level": "Request", "verbs": []any{"get", "list", "watch"}}, everything("Metadata")}},
	},
}

func checkSecretBodies(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	p, ok := readPolicy(at, fail)
	if !ok {
		return
	}
	list, complete := p.SecretBodies()
	for len(list) > 0 {
		first := list[0]
		var what []string
		for len(list) > 0 && list[0].Rule == first.Rule {
			what = append(what, list[0].What)
			list = list[1:]
		}
		level := at.Get("rules").At(first.Rule).Get("level")
		problem := "is " + first.Level.String() + ", which logs " + strings.Join(what, ", ") + "; for example " + first.Example.Verb + " " + first.Example.What()
		if !fail(control.Violation{At: level, Problem: problem}) {
			return
		}
	}
	unfinished(at, complete, fail)
}
