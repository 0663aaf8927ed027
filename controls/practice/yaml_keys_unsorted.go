package practice

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// YAMLKeysUnsorted: two manifests can be compared line by line.
var YAMLKeysUnsorted = control.Control{
	ID: "yaml-keys-unsorted", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:   "Sort the keys of mappings",
	Scope:   control.Objects,
	Kinds:   slices.Concat(in("", "ConfigMap", "Service"), workloads),
	Require: &control.Func{Check: checkSorted, Text: "keys must be in the order of the settings"},
	Params: []control.Param{{
		Name: "order", Doc: "alphabetical for the keys of all mappings, or the keys that come first in an object, in their order",
		Example: []string{"apiVersion", "kind", "metadata"},
	}},
	Fix:      control.Advice,
	NoFix:    "Moving keys around moves their comments around; that is work for a formatter.",
	NoPolicy: "The API server keeps no order of keys.",
	Risk:     "None: order means nothing to Kubernetes.",
	Remedy:   "Put the keys into the order that the parameter order gives, best with a formatter.",
	Bad:      []control.Change{{Path: "data", Value: map[string]any{"a": "b"}, Name: "before kind"}},
	Refs:     control.Refs{Source: []string{"https://yaml.org/spec/1.2.2/#mapping"}},
	Peers: control.Peers{
		KubeLinter: []string{"sorted-keys"},
	},
	Why: `Order means nothing to Kubernetes, and the usual one puts the name first. Where manifests are written by programs and compared
by people, a fixed order keeps the differences small. Which order that is people disagree about, so this control needs a setting.`,
}

func checkSorted(s *control.Subject, at tree.Node, fail control.FailFunc) {
	order := s.Params["order"]
	if len(order) == 1 && order[0] == "alphabetical" {
		sorted(at, fail)
		return
	}
	rank := func(key tree.Node) int {
		if i := slices.Index(order, key.Text()); i >= 0 {
			return i
		}
		return len(order)
	}
	for key, value := range at.Pairs() {
		for later := range at.Pairs() {
			from, _ := key.Span()
			if start, _ := later.Span(); start > from && rank(later) < rank(key) {
				if !fail(control.Violation{At: value, Problem: "stands before " + later.Text()}) {
					return
				}
				break
			}
		}
	}
}

// sorted checks the keys of a mapping and of all that is below, and says whether to go on.
func sorted(n tree.Node, fail control.FailFunc) bool {
	last := ""
	for key, value := range n.Pairs() {
		text := key.Text()
		if text < last && !fail(control.Violation{At: value, Problem: "stands behind " + last}) {
			return false
		}
		if last = text; value.Kind() != tree.Scalar && !sorted(value, fail) {
			return false
		}
	}
	for _, item := range n.Items() {
		if item.Kind() != tree.Scalar && !sorted(item, fail) {
			return false
		}
	}
	return true
}
