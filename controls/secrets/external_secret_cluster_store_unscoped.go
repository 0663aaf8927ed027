package secrets

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ExternalSecretClusterStoreUnscoped: a store for the whole cluster is not for every tenant.
var ExternalSecretClusterStoreUnscoped = control.Control{
	ID: "external-secret-cluster-store-unscoped", Section: "external-secrets", Layer: control.Secrets, Severity: control.High, Since: "0.1",
	Title: "Limit each ClusterSecretStore to the namespaces it is for",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: externalSecrets, Kind: "ClusterSecretStore"}},
	Require: &control.Func{
		Check: checkStoreScope, Text: "spec.conditions must name the namespaces that may use the store",
		Expr: func(c control.CEL) string {
			conditions := storeConditions.CEL(c.At) + ".orValue([])"
			return "(" + conditions + ".size() > 0 && " + conditions + ".all(c, " +
				"!(c.?namespaceSelector.hasValue() && c.namespaceSelector.?matchLabels.orValue({}).size() + c.namespaceSelector.?matchExpressions.orValue([]).size() == 0) && " +
				"c.?namespaceRegexes.orValue([]).all(r, !r.matches('^[$^.*+?()]*$'))))"
		},
	},
	Risk:   "ExternalSecrets in namespaces that are left out are no longer refreshed.",
	Fix:    control.Advice,
	NoFix:  "Which namespaces the store is for, only a person can say.",
	Remedy: "Set spec.conditions with namespaces or a namespaceSelector, or make a SecretStore in each namespace.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://external-secrets.io/latest/api/clustersecretstore/", "https://external-secrets.io/latest/guides/security-best-practices/", "https://external-secrets.io/latest/guides/multi-tenancy/"},
	},
	Why: `Every namespace may use a ClusterSecretStore, and reads with the rights of the store, not with its own. Without conditions, whoever may create an
ExternalSecret in any namespace gets at every secret that the store can read.`,
	Bad: []control.Change{
		{Path: "spec.conditions", Name: "missing"},
		{Path: "spec.conditions", Value: []any{}, Name: "empty"},
		{Path: "spec.conditions", Value: []any{map[string]any{"namespaceSelector": map[string]any{}}}, Name: "any namespace"},
		{Path: "spec.conditions", Value: []any{map[string]any{"namespaces": []any{"shop"}}, map[string]any{"namespaceRegexes": []any{".*"}}}, Name: "any name"},
	},
	Good: []control.Change{
		{Path: "spec.conditions", Value: []any{map[string]any{"namespaceSelector": map[string]any{"matchLabels": map[string]any{"team": "shop"}}}}, Name: "label"},
		{Path: "spec.conditions", Value: []any{map[string]any{"namespaceRegexes": []any{"^shop-.*$"}}}, Name: "expression"},
	},
}

var storeConditions = control.NewField("spec.conditions")

func checkStoreScope(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	conditions := storeConditions.Find(at)
	if conditions.Len() == 0 {
		problem := "is missing, so every namespace can use the store"
		if conditions.Exists() {
			problem = "is empty, so every namespace can use the store"
		}
		fail(storeConditions.Violation(at, problem))
		return
	}
	for _, c := range conditions.Items() {
		selector := c.Get("namespaceSelector")
		if selector.Kind() == tree.Mapping && selector.Get("matchLabels").Len()+selector.Get("matchExpressions").Len() == 0 &&
			!fail(control.Violation{At: selector, Problem: "is empty, so every namespace can use the store"}) {
			return
		}
		for _, expression := range c.Get("namespaceRegexes").Items() {
			if strings.Trim(expression.Text(), "$^.*+?()") == "" && !fail(control.Violation{At: expression, Problem: "is " + control.Show(expression) + ", so every namespace can use the store"}) {
				return
			}
		}
	}
}
