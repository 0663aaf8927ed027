package monitoring

import (
	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AuditPolicyInvalid: the API server takes the audit policy as it is meant.
var AuditPolicyInvalid = control.Control{
	ID: "audit-policy-invalid", Section: auditSection, Layer: control.Monitoring, Severity: control.High, Since: "0.1",
	Title: "Write an audit policy that the API server reads as it is meant",
	Scope: control.Objects,
	Kinds: auditPolicies,
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			_, flaws := audit.Read(at)
			for _, f := range flaws {
				if f.Class == audit.Removed && s.Version < audit.RemovedIn {
					continue
				}
				node, missing := at.Find(f.Path)
				if !fail(control.Violation{At: node, Missing: missing, Problem: f.Message}) {
					return
				}
			}
		},
		Text: "the audit policy must be of audit.k8s.io/v1, valid, and without fields that there are not",
	},
	Risk:     "None: the API server starts with the policy, and the rules do what they say.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Correct the field that the finding names; `kubeharden audit explain FILE` shows what the rules do.",
	Refs: control.Refs{
		NSA:    []string{needsAudit},
		MITRE:  []string{"T1562.008"},
		Source: []string{auditDocs, auditAPI, "https://github.com/kubernetes/kubernetes/blob/v1.34.0/staging/src/k8s.io/apiserver/pkg/apis/audit/validation/validation.go"},
	},
	Why: `With an invalid policy the API server does not start. A field that it does not know it ignores, and says so only in its own log: a rule with user
instead of users is for everybody, and the rules behind it never decide.`,
	Bad: []control.Change{
		{Path: "rules", Name: "none", Value: []any{}},
		{Path: "rules", Name: "missing"},
		{Path: "rules", Name: "no level", Value: []any{ruleMap{"verbs": []any{"get"}}}},
		{Path: "rules", Name: "no such level", Value: []any{everything("All")}},
		{Path: "rules", Name: "a field that there is not", Value: []any{ruleMap{"level": "Metadata", "user": []any{"jane"}}, everything("Metadata")}},
		{Path: "rules", Name: "a version in a group", Value: []any{ruleMap{"level": "Metadata", "resources": resourcesOf("apps/v1", "deployments")}, everything("Metadata")}},
		{Path: "rules", Name: "a URL and resources", Value: []any{ruleMap{"level": "Metadata", "nonResourceURLs": []any{"/metrics"}, "namespaces": []any{"shop"}}}},
		{Path: "omitStages", Name: "no such stage", Value: []any{"Received"}},
		{Path: "apiVersion", Value: "audit.k8s.io/v1beta1"},
	},
	Good: []control.Change{
		{Path: "omitStages", Name: "missing"},
		{Path: "omitManagedFields", Value: true},
	},
}
