package pods

import (
	"iter"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/kyverno"
	"github.com/kubeharden/kubeharden/tree"
)

// PolicyActionRetired: a policy still refuses after the next upgrade.
var PolicyActionRetired = control.Control{
	ID: "policy-action-retired", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title: "Write the actions of Kyverno policies as Enforce and Audit",
	Scope: control.Objects,
	Kinds: kyverno.Kinds(),
	Require: &control.Func{
		Check: checkRetiredAction, Text: "failure actions must be written Enforce and Audit, with a capital letter",
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			for action, spelling := range retiredActions(at) {
				out = append(out, control.Edit{Op: control.Set, At: action, Value: spelling})
			}
			return out
		},
	},
	Risk:     "Nothing: both spellings mean the same where Kyverno still takes the old one.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Write Enforce or Audit, at best as failureAction of each rule, which has taken the place of validationFailureAction.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{"https://kyverno.io/docs/policy-types/cluster-policy/validate/", "https://github.com/kyverno/kyverno/blob/main/api/kyverno/v1/common_types.go"},
	},
	Why: `Kyverno has deprecated enforce and audit in lower case. They work for validationFailureAction only, failureAction of a rule takes none of them, and with
the old spelling goes the policy: an API server that no longer takes the word refuses the manifest, and the cluster is left with what it had before, or nothing.`,
	Bad: []control.Change{
		{Path: "spec", Kind: "ClusterPolicy", Name: "enforce", Value: kyvernoSpec("enforce", "")},
		{Path: "spec", Kind: "Policy", Name: "audit", Value: kyvernoSpec("audit", "Enforce")},
		{Path: "spec", Kind: "ClusterPolicy", Name: "in a rule", Value: kyvernoSpec("", "enforce")},
		{Path: "spec.validationFailureActionOverrides", Kind: "ClusterPolicy", Value: []any{map[string]any{"action": "enforce", "namespaces": []any{"shop"}}}},
	},
	Good: []control.Change{
		{Path: "spec", Kind: "ClusterPolicy", Name: "Enforce", Value: kyvernoSpec("Enforce", "")},
		{Path: "spec", Kind: "Policy", Name: "Audit", Value: kyvernoSpec("Audit", "Enforce")},
	},
}

// retiredActions yields the actions that are written in lower case, with the spelling that they should have.
func retiredActions(at tree.Node) iter.Seq2[tree.Node, string] {
	return func(yield func(tree.Node, string) bool) {
		tell := func(action tree.Node) bool {
			switch {
			case action.StrIs("enforce"):
				return yield(action, "Enforce")
			case action.StrIs("audit"):
				return yield(action, "Audit")
			}
			return true
		}
		if !tell(kyvernoSpecAction.Find(at)) {
			return
		}
		for _, path := range []string{"validationFailureActionOverrides", "rules"} {
			for _, item := range at.Get("spec").Get(path).Items() {
				if !tell(item.Get("action")) || !tell(kyvernoValidateAction.Find(item)) || !tellEach(item, tell) {
					return
				}
			}
		}
	}
}

// tellEach tells the actions in a rule besides that of validate.
func tellEach(rule tree.Node, tell func(tree.Node) bool) bool {
	for _, override := range rule.Get("validate").Get("failureActionOverrides").Items() {
		if !tell(override.Get("action")) {
			return false
		}
	}
	for _, verify := range rule.Get("verifyImages").Items() {
		if !tell(kyvernoVerifyingAction.Find(verify)) {
			return false
		}
	}
	return true
}

func checkRetiredAction(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for action, spelling := range retiredActions(at) {
		if !fail(control.Violation{At: action, Problem: "is " + action.Text() + ", a spelling of " + spelling + " that Kyverno has retired"}) {
			return
		}
	}
}
