package control

import (
	"github.com/kubeharden/kubeharden/object"
	"github.com/kubeharden/kubeharden/tree"
)

// Ephemeral is for Unless: it holds for ephemeral containers, to which the API server forbids resources, ports, probes and
// lifecycle hooks.
func Ephemeral() Rule {
	return &Func{
		Text: "it is an ephemeral container",
		Check: func(s *Subject, at tree.Node, fail FailFunc) {
			if s.Container == nil || s.Container.Sort != object.Ephemeral {
				fail(Violation{At: at, Problem: "is no ephemeral container"})
			}
		},
		// The names of all containers of a pod are distinct.
		Expr: func(c CEL) string {
			return "(" + c.Pod + ".?ephemeralContainers.hasValue() && " + c.Pod +
				".?ephemeralContainers.value().exists(e, e.?name == " + c.At + ".?name))"
		},
	}
}
