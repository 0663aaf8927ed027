package pods

import (
	"maps"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/controls/internal/kyverno"
	"github.com/kubeharden/kubeharden/tree"
)

// PolicyExceptionTooBroad: an exception is for one case.
var PolicyExceptionTooBroad = control.Control{
	ID: "policy-exception-too-broad", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Limit policy exceptions to what they are for",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: kyverno.Group, Kind: "PolicyException"},
		{Group: "policies.kyverno.io", Kind: "PolicyException"},
		{Group: "config.gatekeeper.sh", Kind: "Config"},
	},
	Require: &control.Func{
		Check: checkException, Text: "an exception must name rules, and namespaces or objects",
	},
	Params: []control.Param{{
		Name: "requireExpiry", Doc: "true wants the label cleanup.kyverno.io/ttl on Kyverno's exceptions, which removes them in time",
		Default: []string{"false"}, Example: []string{"true"}, Valid: func(v string) bool { return v == "true" || v == "false" },
	}},
	Risk:     "Objects that were exempt are checked again.",
	Fix:      control.Advice,
	NoFix:    "What the exception was meant for, only a person knows.",
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Name the rules, the namespaces and the objects that the exception is for; the label cleanup.kyverno.io/ttl: 30d lets it end by itself.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{"https://kyverno.io/docs/exceptions/", "https://open-policy-agent.github.io/gatekeeper/website/docs/exempt-namespaces/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/policy-for-exceptions", "other/expiration-for-policyexceptions"},
	},
	Why: `Policy engines do not judge what an exception names. One for all rules or all namespaces switches the policy off without a trace in the policy
itself, and one without an end outlives the reason that it was made for.`,
	Bad: []control.Change{
		{Path: "spec", Kind: "PolicyException", Name: "all rules", Value: kyvernoException("*", map[string]any{"namespaces": []any{"shop"}})},
		{Path: "spec", Kind: "PolicyException", Name: "all pods", Value: kyvernoException("r", nil)},
		{Path: "spec", Kind: "PolicyException", Name: "all namespaces", Value: kyvernoException("r", map[string]any{"namespaces": []any{"*"}})},
		{Path: "spec", Kind: "PolicyException", Name: "all names", Value: kyvernoException("r", map[string]any{"names": []any{"*"}})},
		{Path: "metadata.labels", Kind: "PolicyException", Name: "no end"},
		{Path: "spec.match", Kind: "Config", Value: []any{map[string]any{"excludedNamespaces": []any{"*"}, "processes": []any{"*"}}}},
	},
	Good: []control.Change{
		{Path: "spec", Kind: "PolicyException", Name: "a namespace", Value: kyvernoException("r", map[string]any{"namespaces": []any{"shop"}})},
		{Path: "spec", Kind: "PolicyException", Name: "a name", Value: kyvernoException("r", map[string]any{"names": []any{"app-*"}})},
		{Path: "spec", Kind: "PolicyException", Name: "a label", Value: kyvernoException("r", map[string]any{"selector": map[string]any{"matchLabels": map[string]any{"app": "a"}}})},
		{Path: "spec.match", Kind: "Config", Value: []any{map[string]any{"excludedNamespaces": []any{"kube-*"}, "processes": []any{"*"}}}},
	},
}

const ttlLabel = "cleanup.kyverno.io/ttl"

func checkException(s *control.Subject, at tree.Node, fail control.FailFunc) {
	spec := at.Get("spec")
	if s.Object.Kind == "Config" {
		for _, match := range spec.Get("match").Items() {
			for _, ns := range match.Get("excludedNamespaces").Items() {
				if everything(ns) && !fail(control.Violation{At: ns, Problem: "is " + ns.Text() + ", so no namespace is checked"}) {
					return
				}
			}
		}
		return
	}
	if s.Params["requireExpiry"][0] == "true" && at.Get("metadata").Get("labels").Get(ttlLabel).Text() == "" {
		if !fail(exceptionTTL.Violation(at, "is missing, so the exception has no end")) {
			return
		}
	}
	for _, exception := range spec.Get("exceptions").Items() {
		for _, rule := range exception.Get("ruleNames").Items() {
			if everything(rule) && !fail(control.Violation{At: rule, Problem: "is " + rule.Text() + ", which is all rules of the policy"}) {
				return
			}
		}
	}
	for resources := range kyverno.Resources(spec.Get("match")) {
		if !narrowed(resources) && !fail(control.Violation{At: resources, Problem: "names no namespace, name or label, so the exception is for all of a kind"}) {
			return
		}
	}
}

var exceptionTTL = control.NewField(`metadata.labels["` + ttlLabel + `"]`)

// narrowed reports whether a resource filter takes some of the objects of its kinds.
func narrowed(resources tree.Node) bool {
	for _, key := range []string{"namespaces", "names"} {
		for _, item := range resources.Get(key).Items() {
			if !everything(item) {
				return true
			}
		}
	}
	if name := resources.Get("name"); name.Text() != "" && !everything(name) {
		return true
	}
	for _, key := range []string{"selector", "namespaceSelector"} {
		if s := resources.Get(key); s.Get("matchLabels").Len()+s.Get("matchExpressions").Len() > 0 {
			return true
		}
	}
	return resources.Get("annotations").Len() > 0
}

// everything reports whether a pattern takes any text.
func everything(pattern tree.Node) bool {
	text := pattern.Text()
	return text != "" && strings.Trim(text, "*") == ""
}

func kyvernoException(rule string, resources map[string]any) map[string]any {
	filter := map[string]any{"kinds": []any{"Pod"}}
	maps.Copy(filter, resources)
	return map[string]any{
		"exceptions": []any{map[string]any{"policyName": "p", "ruleNames": []any{rule}}},
		"match":      map[string]any{"any": []any{map[string]any{"resources": filter}}},
	}
}
