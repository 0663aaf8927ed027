package practice

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// NodeAffinityMissing: a pod says which nodes it is for.
var NodeAffinityMissing = control.Control{
	ID: "node-affinity-missing", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Choose nodes by the agreed labels",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Check: checkNodes, Text: "nodeSelector or affinity.nodeAffinity must name one of the node labels in the settings",
		Expr: nodesCEL,
	},
	Params: []control.Param{{Name: "labels", Doc: "node labels one of which must be asked for; * stands for any", Example: []string{"kubernetes.io/arch"}}},
	Fix:    control.Advice,
	NoFix:  "Which nodes a workload is for only its owner knows.",
	Risk:   "A pod that no node fits waits for ever.",
	Remedy: "Add the label to nodeSelector, or to affinity.nodeAffinity.",
	Bad:    []control.Change{{Path: "nodeSelector", Value: map[string]any{"other": "x"}}},
	Good:   []control.Change{{Path: "nodeSelector", Value: map[string]any{"kubernetes.io/arch": "arm64"}}},
	Refs:   control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/"}},
	Peers: control.Peers{
		KubeLinter: []string{"no-node-affinity"},
	},
	Why: `In a cluster with several sorts of nodes a pod that does not say where it belongs lands anywhere: on nodes of another architecture, of another tenant,
or on the expensive ones. Most workloads need no such thing, so this control needs a setting.`,
}

// nodeTerms are the places in affinity.nodeAffinity that name labels of nodes.
func nodeTerms(at tree.Node, do func(key string)) {
	affinity := at.Get("affinity").Get("nodeAffinity")
	term := func(t tree.Node) {
		for _, e := range t.Get("matchExpressions").Items() {
			do(e.Get("key").Text())
		}
	}
	for _, t := range affinity.Get("requiredDuringSchedulingIgnoredDuringExecution").Get("nodeSelectorTerms").Items() {
		term(t)
	}
	for _, t := range affinity.Get("preferredDuringSchedulingIgnoredDuringExecution").Items() {
		term(t.Get("preference"))
	}
}

func checkNodes(s *control.Subject, at tree.Node, fail control.FailFunc) {
	labels, found := s.Params["labels"], false
	see := func(key string) { found = found || slices.Contains(labels, "*") || slices.Contains(labels, key) }
	selector := at.Get("nodeSelector")
	for key := range selector.Pairs() {
		see(key.Text())
	}
	if nodeTerms(at, see); !found {
		field := control.NewField("nodeSelector")
		fail(field.Violation(at, "does not ask for "+strings.Join(labels, " or ")+", nor does affinity.nodeAffinity"))
	}
}

func nodesCEL(c control.CEL) string {
	test := func(key string) string { return key + " in " + control.QuoteAll(c.Params["labels"]) }
	if slices.Contains(c.Params["labels"], "*") {
		test = func(string) string { return "true" }
	}
	terms := ".?matchExpressions.orValue([]).exists(e, " + test("e.key") + "))"
	affinity := c.At + ".?affinity.?nodeAffinity"
	return "(" + c.At + ".?nodeSelector.orValue({}).exists(k, " + test("k") + ") || " +
		affinity + ".?requiredDuringSchedulingIgnoredDuringExecution.?nodeSelectorTerms.orValue([]).exists(t, t" + terms + " || " +
		affinity + ".?preferredDuringSchedulingIgnoredDuringExecution.orValue([]).exists(t, t.?preference" + terms + ")"
}
