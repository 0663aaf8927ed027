package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

const probeDocs = "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/"

// runsOnce are the kinds whose pods do a job, built-in and custom.
var runsOnce = newPattern(`(Job|JobSet|TrainingRuntime|Workflow)$`)

// shortLived is for Unless: it holds for containers that run to their end, to which probes mean little: init containers, those of
// jobs of any sort and of pods that are not restarted, and ephemeral containers.
var shortLived = &control.Func{
	Text: "it is a container that runs to its end",
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		sort := s.Container.Sort
		if restarts := s.Pod.Spec.Get("restartPolicy"); sort != object.Init && sort != object.Ephemeral &&
			!runsOnce.matches(s.Object.Kind) && !restarts.StrIs("Never") && !restarts.StrIs("OnFailure") {
			fail(control.Violation{At: at, Problem: "is a container that keeps running"})
		}
	},
	Expr: func(c control.CEL) string {
		return "(object.kind.matches(" + control.Quote(runsOnce.text) + ") || " + c.Pod + ".?restartPolicy.orValue('') in ['Never', 'OnFailure'] || " +
			c.Pod + ".?initContainers.orValue([]).exists(i, i.?name == " + c.At + ".?name && i.?restartPolicy.orValue('') != 'Always') || " +
			control.Ephemeral().CEL(c) + ")"
	},
}

// handlers are the sorts of check that a probe can make.
var handlers = []string{"httpGet", "tcpSocket", "grpc", "exec"}

// same reports whether two values are equal as JSON is.
func same(a, b tree.Node) bool {
	if a.IsNull() {
		a = tree.Node{}
	}
	if b.IsNull() {
		b = tree.Node{}
	}
	if a.Kind() != b.Kind() {
		return false
	}
	switch a.Kind() {
	case tree.Missing:
		return true
	case tree.Scalar:
		return a.Type() == b.Type() && a.Text() == b.Text()
	case tree.Mapping:
		return covers(a, b) && covers(b, a)
	case tree.Sequence:
		for i, item := range a.Items() {
			if !same(item, b.At(i)) {
				return false
			}
		}
		return a.Len() == b.Len()
	default:
		return false
	}
}

// covers reports whether the mapping a has all that b has.
func covers(a, b tree.Node) bool {
	for key := range b.Pairs() {
		if !same(a.Get(key.Text()), b.Get(key.Text())) {
			return false
		}
	}
	return true
}
