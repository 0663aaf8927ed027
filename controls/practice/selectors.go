package practice

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// selects reports whether a label selector picks labels. An empty one picks all.
func selects(selector, labels tree.Node) bool {
	picks := true
	mismatched(selector, labels, func(control.Violation) bool {
		picks = false
		return false
	})
	return picks
}

// mismatched calls fail for every part of a label selector that labels do not meet, and says whether to go on.
func mismatched(selector, labels tree.Node, fail control.FailFunc) bool {
	if !mismatchedLabels(selector.Get("matchLabels"), labels, fail) {
		return false
	}
	for _, e := range selector.Get("matchExpressions").Items() {
		key := e.Get("key").Text()
		if !meetsExpression(e, labels.Get(key)) &&
			!fail(control.Violation{At: e, Problem: "(" + key + " " + e.Get("operator").Text() + ") does not match: the template " + has(key, labels)}) {
			return false
		}
	}
	return true
}

// mismatchedLabels calls fail for every label that labels do not have, and says whether to go on.
func mismatchedLabels(wanted, labels tree.Node, fail control.FailFunc) bool {
	for key, value := range wanted.Pairs() {
		have := labels.Get(key.Text())
		if (!have.Exists() || !same(have, value)) &&
			!fail(control.Violation{At: value, Problem: "is " + control.Show(value) + ", but the template " + has(key.Text(), labels)}) {
			return false
		}
	}
	return true
}

// same compares two values of labels; null is the empty text.
func same(a, b tree.Node) bool {
	if a.IsNull() || b.IsNull() {
		return (a.IsNull() || a.StrIs("")) && (b.IsNull() || b.StrIs(""))
	}
	return a.Text() == b.Text()
}

// has says what labels have at key.
func has(key string, labels tree.Node) string {
	if n := labels.Get(key); n.Exists() {
		return "has " + control.Show(n)
	}
	return "has no label " + key
}

// meetsExpression reports whether a label, if there is one, meets one of matchExpressions. An unknown operator is left to
// the API server.
func meetsExpression(e, label tree.Node) bool {
	listed := false
	for _, v := range e.Get("values").Items() {
		listed = listed || label.Exists() && same(label, v)
	}
	switch e.Get("operator").Text() {
	case "In":
		return listed
	case "NotIn":
		return !listed
	case "Exists":
		return label.Exists()
	case "DoesNotExist":
		return !label.Exists()
	default:
		return true
	}
}
