package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/kyverno"
	"github.com/kubeharden/kubeharden/tree"
)

// PolicyEngineAuditOnly: a policy refuses what it is against.
var PolicyEngineAuditOnly = control.Control{
	ID: "policy-engine-audit-only", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Let Kyverno and Gatekeeper policies refuse, not only report",
	Scope: control.Objects,
	Kinds: slices.Concat(kyverno.Kinds(), []control.Kind{
		{Group: "policies.kyverno.io", Kind: "ValidatingPolicy"},
		{Group: "policies.kyverno.io", Kind: "NamespacedValidatingPolicy"},
		{Group: "policies.kyverno.io", Kind: "ImageValidatingPolicy"},
		{Group: "policies.kyverno.io", Kind: "NamespacedImageValidatingPolicy"},
		{Group: "constraints.gatekeeper.sh", Kind: control.AnyKind},
	}),
	Require: &control.Func{
		Check: checkAuditOnly, Text: "the failure action must be Enforce (Kyverno), Deny (Kyverno's CEL policies) or deny (Gatekeeper)",
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			checkAuditOnly(s, at, func(v control.Violation) bool {
				out = append(out, enforcing(s, v))
				return true
			})
			return out
		},
	},
	Risk:     "Requests that break the policy are refused from now on; its reports name what would be.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Look at the reports of the policy, then set failureAction: Enforce on its rules, validationActions: [Deny] or enforcementAction: deny.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{kyvernoDocs, "https://kyverno.io/docs/policy-types/cluster-policy/validate/", "https://open-policy-agent.github.io/gatekeeper/website/docs/violations/"},
	},
	Why: `A policy that audits or warns writes a report and lets the request pass. That is right while it is tried out, and is then forgotten: the cluster
looks protected, and nothing is refused. Audit is the default of Kyverno's older policies.`,
	Bad: []control.Change{
		{Path: "spec", Kind: "ClusterPolicy", Name: "the default", Value: kyvernoSpec("", "")},
		{Path: "spec", Kind: "ClusterPolicy", Name: "Audit", Value: kyvernoSpec("Audit", "")},
		{Path: "spec", Kind: "Policy", Name: "audit in the rule", Value: kyvernoSpec("Enforce", "Audit")},
		{Path: "spec", Kind: "ClusterPolicy", Name: "the old spelling", Value: kyvernoSpec("audit", "")},
		{Path: "spec", Kind: "ClusterPolicy", Name: "unknown", Value: kyvernoSpec("Enfore", "")},
		{Path: "spec.validationActions", Kind: "ValidatingPolicy", Value: []any{"Audit"}},
		{Path: "spec.validationActions", Kind: "NamespacedValidatingPolicy", Value: []any{"Audit", "Warn"}},
		{Path: "spec.validationActions", Kind: "ImageValidatingPolicy", Value: []any{"Warn"}},
		{Path: "spec.validationActions", Kind: "NamespacedImageValidatingPolicy", Value: []any{"Audit"}},
		{Path: "spec.enforcementAction", Kind: control.AnyKind, Value: "dryrun"},
		{Path: "spec.enforcementAction", Kind: control.AnyKind, Value: "warn"},
		{Path: "spec", Kind: control.AnyKind, Name: "scoped", Value: map[string]any{
			"enforcementAction": "scoped", "scopedEnforcementActions": []any{map[string]any{"action": "warn"}},
		}},
	},
	Good: []control.Change{
		{Path: "spec", Kind: "ClusterPolicy", Name: "Enforce", Value: kyvernoSpec("Enforce", "")},
		{Path: "spec", Kind: "ClusterPolicy", Name: "the old spelling", Value: kyvernoSpec("enforce", "")},
		{Path: "spec", Kind: "Policy", Name: "Enforce in the rule", Value: kyvernoSpec("Audit", "Enforce")},
		{Path: "spec.rules", Kind: "ClusterPolicy", Name: "mutate", Value: []any{map[string]any{"name": "m", "mutate": map[string]any{}}}},
		{Path: "spec.validationActions", Kind: "ValidatingPolicy", Value: []any{"Deny", "Audit"}},
		{Path: "spec.enforcementAction", Kind: control.AnyKind, Value: "deny"},
		{Path: "spec", Kind: control.AnyKind, Name: "scoped", Value: map[string]any{
			"enforcementAction": "scoped", "scopedEnforcementActions": []any{map[string]any{"action": "warn"}, map[string]any{"action": "deny"}},
		}},
	},
}

var (
	kyvernoSpecAction      = control.NewField("spec.validationFailureAction")
	validationActions      = control.NewField("spec.validationActions")
	enforcementAction      = control.NewField("spec.enforcementAction")
	scopedActions          = control.NewField("spec.scopedEnforcementActions")
	kyvernoValidateAction  = control.NewField("validate.failureAction")
	kyvernoVerifyingAction = control.NewField("failureAction")
)

func checkAuditOnly(s *control.Subject, at tree.Node, fail control.FailFunc) {
	switch s.Object.Group() {
	case kyverno.Group:
		checkKyvernoAction(at, fail)
	case "policies.kyverno.io":
		// No actions are Deny.
		if list := validationActions.Find(at); list.Len() > 0 && !listed(list, "Deny") {
			fail(control.Violation{At: list, Problem: "has no Deny, so the policy refuses nothing"})
		}
	default:
		action := enforcementAction.Find(at)
		switch {
		case action.StrIs("scoped"):
			for _, scoped := range scopedActions.Find(at).Items() {
				if scoped.Get("action").StrIs("deny") {
					return
				}
			}
			fail(scopedActions.Violation(at, "has no action deny, so the constraint refuses nothing"))
		case action.Exists() && !action.StrIs("deny") && !action.StrIs(""):
			fail(enforcementAction.Violation(at, "is "+control.Show(action)+", so the constraint refuses nothing"))
		}
	}
}

// checkKyvernoAction judges every rule that could refuse something: by its own action, else by that of the policy. One setting of
// the policy is one mistake.
func checkKyvernoAction(at tree.Node, fail control.FailFunc) {
	whole, told := kyvernoSpecAction.Find(at), false
	judge := func(node tree.Node, field *control.Field) bool {
		own := field.Find(node)
		switch {
		case enforces(own) || !own.Exists() && (enforces(whole) || told):
			return true
		case own.Exists():
			return fail(field.Violation(node, refusesNothing(own)))
		case whole.Exists():
			told = true
			return fail(kyvernoSpecAction.Violation(at, refusesNothing(whole)))
		default:
			return fail(field.Violation(node, "is missing, which means Audit"))
		}
	}
	for _, rule := range at.Get("spec").Get("rules").Items() {
		if rule.Get("validate").Exists() && !judge(rule, &kyvernoValidateAction) {
			return
		}
		for _, verify := range rule.Get("verifyImages").Items() {
			if !judge(verify, &kyvernoVerifyingAction) {
				return
			}
		}
	}
}

// enforces reports whether Kyverno refuses what breaks the rule. The lower-case spelling still does: policy-action-retired names it.
func enforces(action tree.Node) bool { return action.StrIs("Enforce") || action.StrIs("enforce") }

func refusesNothing(action tree.Node) string {
	return "is " + control.Show(action) + ", so nothing is refused"
}

// enforcing is the edit for what is wrong.
func enforcing(s *control.Subject, v control.Violation) control.Edit {
	e := control.Edit{Op: control.Set, At: v.At, Path: v.Missing, Value: "Enforce"}
	switch s.Object.Group() {
	case "policies.kyverno.io":
		e.Op, e.Value = control.Append, "Deny"
	case "constraints.gatekeeper.sh":
		e.At, e.Path, e.Value = s.Object.Root, control.Keys("spec.enforcementAction"), "deny"
	}
	return e
}

// kyvernoSpec is a policy with one rule, for the cases; "" leaves an action out.
func kyvernoSpec(whole, own string) map[string]any {
	rule := kyverno.Matching("Pod")
	if validate := rule["validate"].(map[string]any); own == "" {
		delete(validate, "failureAction")
	} else {
		validate["failureAction"] = own
	}
	spec := map[string]any{"rules": []any{rule}}
	if whole != "" {
		spec["validationFailureAction"] = whole
	}
	return spec
}
