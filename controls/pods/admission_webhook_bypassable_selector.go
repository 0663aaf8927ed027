package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// AdmissionWebhookBypassableSelector: nobody labels himself out of a check.
var AdmissionWebhookBypassableSelector = control.Control{
	ID: "admission-webhook-bypassable-selector", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Do not let a label decide whether an object is checked",
	Scope: control.Objects,
	Kinds: admissionKinds,
	Require: &control.Func{
		Check: checkBypass, Text: "no selector may go by labels that the checked object or its namespace can simply have or lack",
	},
	Params: []control.Param{{
		Name: "trustedLabels", Doc: "labels of namespaces that only administrators can set",
		Default: []string{"kubernetes.io/metadata.name", "admission.gatekeeper.sh/ignore"},
	}},
	Risk:     "The check sees more objects, and refuses those among them that do not meet it.",
	Fix:      control.Advice,
	NoFix:    "What the selector was to leave out, and how else to say it, only a person knows.",
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Drop the objectSelector; leave namespaces out by kubernetes.io/metadata.name, and single cases by matchConditions on the user or an exception of the policy engine.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{webhookDocs, vapDocs},
	},
	Why: `The labels of an object are written by whoever creates it: a check that skips objects with a label, or only looks at those with one, is
optional. Labels of a namespace are safer, but everybody who may edit the namespace can set them; its name in kubernetes.io/metadata.name cannot be changed.`,
	Bad: []control.Change{
		webhookWith("label of the object", map[string]any{"objectSelector": map[string]any{"matchLabels": map[string]any{"check": "yes"}}}),
		webhookWith("absent label of the object", map[string]any{"objectSelector": selectorOf("skip", "DoesNotExist")}),
		webhookWith("label of the namespace", map[string]any{"namespaceSelector": selectorOf("skip", "NotIn", "true")}),
		{Path: "spec.matchConstraints.objectSelector", Kind: "ValidatingAdmissionPolicy", Value: selectorOf("skip", "NotIn", "true")},
		{Path: "spec.matchConstraints.objectSelector", Kind: "ValidatingPolicy", Value: selectorOf("skip", "DoesNotExist")},
		{Path: "spec.matchConstraints.objectSelector", Kind: "NamespacedValidatingPolicy", Value: selectorOf("skip", "DoesNotExist")},
	},
	Good: []control.Change{
		webhookWith("empty", map[string]any{"objectSelector": map[string]any{}, "namespaceSelector": map[string]any{"matchLabels": map[string]any{}}}),
		webhookWith("name of the namespace", map[string]any{"namespaceSelector": selectorOf("kubernetes.io/metadata.name", "NotIn", "kube-system")}),
		webhookWith("protected label", map[string]any{"namespaceSelector": selectorOf("admission.gatekeeper.sh/ignore", "DoesNotExist")}),
		{Path: "spec.matchConstraints.objectSelector", Kind: "ValidatingAdmissionPolicy", Value: map[string]any{"matchLabels": map[string]any{"app": "shop"}}},
		{Path: "spec.matchConstraints.namespaceSelector", Kind: "ValidatingAdmissionPolicy", Value: selectorOf("tier", "In", "prod")},
	},
}

// checkBypass judges webhooks, which stand for all policies of an engine, by every selector. A policy may well be for labelled
// objects only, so there only the label that exempts counts.
func checkBypass(s *control.Subject, at tree.Node, fail control.FailFunc) {
	for c := range checkers(s, at) {
		if !c.guards() {
			continue
		}
		if !selectors(c.match.Get("objectSelector"), !c.isWebhook, func(key tree.Node, text string) bool {
			return fail(control.Violation{At: key, Problem: "goes by the label " + text + ", which whoever creates the object sets"})
		}) {
			return
		}
		if c.isWebhook && !selectors(c.match.Get("namespaceSelector"), false, func(key tree.Node, text string) bool {
			return slices.Contains(s.Params["trustedLabels"], text) ||
				fail(control.Violation{At: key, Problem: "goes by the label " + text + ", which whoever may edit the namespace sets"})
		}) {
			return
		}
	}
}

// selectors yields the labels that a selector goes by.
func selectors(selector tree.Node, exemptingOnly bool, yield func(at tree.Node, key string) bool) bool {
	for key, value := range selector.Get("matchLabels").Pairs() {
		if !exemptingOnly && !yield(value, key.Text()) {
			return false
		}
	}
	for _, e := range selector.Get("matchExpressions").Items() {
		operator := e.Get("operator")
		exempts := operator.StrIs("NotIn") || operator.StrIs("DoesNotExist")
		if (exempts || !exemptingOnly) && !yield(e, e.Get("key").Text()) {
			return false
		}
	}
	return true
}

func selectorOf(key, operator string, values ...any) map[string]any {
	e := map[string]any{"key": key, "operator": operator}
	if len(values) > 0 {
		e["values"] = values
	}
	return map[string]any{"matchExpressions": []any{e}}
}
