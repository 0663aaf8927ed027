package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AdmissionWebhookFailsOpen: a check that cannot be asked refuses.
var AdmissionWebhookFailsOpen = control.Control{
	ID: "admission-webhook-fails-open", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Let admission checks refuse what they cannot judge",
	Scope: control.Objects,
	Kinds: admissionKinds,
	Require: &control.Func{
		Check: checkFailsOpen, Text: "failurePolicy must be Fail where pods, workloads, Secrets or roles are checked",
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for c := range checkers(s, at) {
				if c.failsOpen() {
					out = append(out, failurePolicy.Set(c.node, "Fail"))
				}
			}
			return out
		},
	},
	Risk:     "While the webhook is down, nobody can create what it checks: it needs several replicas, and exemptions for kube-system and its own namespace.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Set failurePolicy: Fail; leave kube-system and the namespace of the webhook out by kubernetes.io/metadata.name so that it can recover.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{webhookDocs, vapDocs},
	},
	Why: `With failurePolicy: Ignore a check is skipped whenever it does not answer in time, and an attacker can see to that: by load, by deleting its
pods, or by an object that takes it too long. The request then passes unseen. Mutating webhooks and those for resources of their own are not meant here.`,
	Bad: []control.Change{
		webhookWith("Ignore", map[string]any{"failurePolicy": "Ignore"}),
		webhookWith("exec", map[string]any{"failurePolicy": "Ignore", "rules": []any{map[string]any{
			"apiGroups": []any{""}, "operations": []any{"CONNECT"}, "resources": []any{"pods/*"},
		}}}),
		webhookWith("everything", map[string]any{"failurePolicy": "Ignore", "rules": []any{map[string]any{
			"apiGroups": []any{"*"}, "operations": []any{"*"}, "resources": []any{"*"},
		}}}),
		{Path: "spec.failurePolicy", Kind: "ValidatingAdmissionPolicy", Value: "Ignore"},
		{Path: "spec.failurePolicy", Kind: "ValidatingPolicy", Value: "Ignore"},
		{Path: "spec.failurePolicy", Kind: "NamespacedValidatingPolicy", Value: "Ignore"},
	},
	Good: []control.Change{
		webhookWith("the default", nil),
		webhookWith("resources of its own", map[string]any{"failurePolicy": "Ignore", "rules": []any{map[string]any{
			"apiGroups": []any{"cert-manager.io"}, "operations": []any{"*"}, "resources": []any{"*/*"},
		}}}),
		webhookWith("evictions", map[string]any{"failurePolicy": "Ignore", "rules": []any{admissionRule("pods/eviction")}}),
		webhookWith("deletions", map[string]any{"failurePolicy": "Ignore", "rules": []any{map[string]any{
			"apiGroups": []any{""}, "operations": []any{"DELETE"}, "resources": []any{"pods"},
		}}}),
		{Path: "spec.failurePolicy", Kind: "ValidatingAdmissionPolicy", Value: "Fail"},
	},
}

var failurePolicy = control.NewField("failurePolicy")

func (c *checker) failsOpen() bool {
	policy := failurePolicy.Find(c.node)
	return (policy.StrIs("Ignore") || c.failsByChance && !policy.Exists()) && c.guards()
}

func checkFailsOpen(s *control.Subject, at tree.Node, fail control.FailFunc) {
	for c := range checkers(s, at) {
		if !c.failsOpen() {
			continue
		}
		problem := "is Ignore, so what the check cannot judge passes"
		if !failurePolicy.Find(c.node).Exists() {
			problem = "is missing, which v1beta1 takes for Ignore"
		}
		if !fail(failurePolicy.Violation(c.node, problem)) {
			return
		}
	}
}
