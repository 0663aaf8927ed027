package monitoring

import (
	"github.com/kubeharden/kubeharden/audit"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AuditEventsForSensitiveOperations: deletions and exec make events, with their outcome.
var AuditEventsForSensitiveOperations = control.Control{
	ID: "audit-events-for-sensitive-operations", Section: auditSection, Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title: "Log deletions and exec with their outcome",
	Scope: control.Objects,
	Kinds: auditPolicies,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			p, ok := readPolicy(at, fail)
			if !ok {
				return
			}
			list, complete := p.WithoutOutcome()
			for _, s := range byRule(list, func(b *audit.BlindSpot) bool { return !b.IsException() }) {
				if !fail(s.violation(at, "leaves out the outcome of")) {
					return
				}
			}
			unfinished(at, complete, fail)
		},
		Text: "deletions and exec must be logged when they are complete",
	},
	Risk:     "The audit log grows by an event for each deletion and each exec.",
	Fix:      control.Advice,
	NoFix:    "Which rule has to give way only a person can say.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Put a rule with level: Metadata for the verbs delete and deletecollection, and for pods/exec, before the others, and do not leave out the stage ResponseComplete.",
	Refs: control.Refs{
		NSA:    []string{"Audit logging: logging", "Audit logging: SIEM/alerting"},
		MITRE:  []string{"T1562.008", "T1070"},
		Source: []string{auditDocs},
	},
	Peers: control.Peers{Kyverno: []string{"other/audit-event-on-delete", "other/audit-event-on-exec"}},
	Why: `What is deleted cannot be asked any more who deleted it: pods that ran an attacker's program, network policies, whole namespaces. The event of the
stage RequestReceived alone does not say whether it succeeded.`,
	Bad: []control.Change{
		{Path: "rules", Name: "deletions are not logged", Value: []any{ruleMap{"level": "None", "verbs": []any{"delete", "deletecollection"}}, everything("Metadata")}},
		{Path: "rules", Name: "exec is not logged", Value: []any{ruleMap{"level": "None", "resources": resourcesOf("", "pods/*")}, everything("Metadata")}},
		{Path: "omitStages", Value: []any{"ResponseStarted", "ResponseComplete"}},
	},
	Good: []control.Change{
		{Path: "omitStages", Value: []any{"RequestReceived", "ResponseStarted"}},
		{Path: "rules", Name: "events are deleted", Value: []any{ruleMap{"level": "None", "resources": resourcesOf("", "events")}, everything("Metadata")}},
	},
}
