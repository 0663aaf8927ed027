package pods

import (
	"iter"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

const kyvernoGroup = "kyverno.io"

var kyvernoKinds = []control.Kind{{Group: kyvernoGroup, Kind: "ClusterPolicy"}, {Group: kyvernoGroup, Kind: "Policy"}}

// kyvernoMatches yields the kinds that a rule matches, as they are written.
func kyvernoMatches(rule tree.Node) iter.Seq[string] {
	return func(yield func(string) bool) {
		for block := range kyvernoResources(rule.Get("match")) {
			for _, kind := range block.Get("kinds").Items() {
				if !yield(kind.Text()) {
					return
				}
			}
		}
	}
}

// kyvernoResources yields the resource filters of a match or exclude block, in all of its forms.
func kyvernoResources(match tree.Node) iter.Seq[tree.Node] {
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

// kyvernoMatching is a rule for the cases.
func kyvernoMatching(kinds ...any) map[string]any {
	return map[string]any{
		"name": "rule", "match": map[string]any{"any": []any{map[string]any{"resources": map[string]any{"kinds": kinds}}}},
		"validate": map[string]any{"failureAction": "Enforce", "deny": map[string]any{}},
	}
}
