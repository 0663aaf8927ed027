package practice

import (
	"encoding/json"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// YAMLKeysUnsorted: two manifests can be compared line by line.
var YAMLKeysUnsorted = control.Control{
	ID: "yaml-keys-unsorted", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Sort the keys of mappings",
	Scope:    control.Objects,
	Kinds:    slices.Concat(workloads, in("", "Service", "ConfigMap")),
	Require:  &control.Func{Check: checkSorted, Text: "keys must be in alphabetical order"},
	Params:   []control.Param{{Name: "order", Doc: "the order of keys; alphabetical is the only one", Example: []string{"alphabetical"}}},
	Fix:      control.Advice,
	NoFix:    "Moving keys around moves their comments around; that is work for a formatter.",
	NoPolicy: "The API server keeps no order of keys.",
	Risk:     "None: order means nothing to Kubernetes.",
	Bad:      []control.Change{{Path: "metadata.annotations", Value: json.RawMessage(`{"b":"","a":""}`), Name: "b before a"}},
	Good:     []control.Change{{Path: "metadata.annotations", Value: json.RawMessage(`{"a":"","b":""}`), Name: "a before b"}},
	Refs:     control.Refs{Source: []string{"https://yaml.org/spec/1.2.2/#mapping"}},
	Peers: control.Peers{
		KubeLinter: []string{"sorted-keys"},
	},
	Why: `Order means nothing to Kubernetes, and the usual one puts the name first. Where manifests are written by programs and compared
by people, a fixed order keeps the differences small. This control needs a setting, because hardly any manifest meets it.`,
}

func checkSorted(_ *control.Subject, at tree.Node, fail control.FailFunc) { sorted(at, fail) }

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
