// Package kyverno knows the form of the policies of Kyverno.
package kyverno

import (
	"iter"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

const (
	// Group is the API group of the older policies.
	Group = "kyverno.io"
	// CELGroup is that of the policies in CEL.
	CELGroup = "policies.kyverno.io"
)

// Kinds returns the kinds of the older policies.
func Kinds() []control.Kind {
	return []control.Kind{{Group: Group, Kind: "ClusterPolicy"}, {Group: Group, Kind: "Policy"}}
}

// Matches yields the kinds that a rule matches, as they are written.
func Matches(rule tree.Node) iter.Seq[string] {
	return func(yield func(string) bool) {
		for block := range Resources(rule.Get("match")) {
			for _, kind := range block.Get("kinds").Items() {
				if !yield(kind.Text()) {
					return
				}
			}
		}
	}
}

// Resources yields the resource filters of a match or exclude block, in all of its forms.
func Resources(match tree.Node) iter.Seq[tree.Node] {
	return func(yield func(tree.Node) bool) {
		if r := match.Get("resources"); r.Exists() && !yield(r) {
			return
		}
		for _, list := range []string{"any", "all"} {
			for _, item := range match.Get(list).Items() {
				if r := item.Get("resources"); r.Exists() && !yield(r) {
					return
				}
			}
		}
	}
}

// Matching is a rule for the cases.
func Matching(kinds ...any) map[string]any {
	return map[string]any{
		"name": "rule", "match": map[string]any{"any": []any{map[string]any{"resources": map[string]any{"kinds": kinds}}}},
		"validate": map[string]any{"failureAction": "Enforce", "deny": map[string]any{}},
	}
}
