package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// hostNamespaces are pods that use a namespace of the node; the API server forbids them a user namespace.
var hostNamespaces = control.Any(control.Is("hostNetwork", true), control.Is("hostPID", true), control.Is("hostIPC", true))

// blockDevices are pods with raw block volumes, which cannot be had in a user namespace either.
var blockDevices = &control.Func{
	Text: "a container has volumeDevices",
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		for c := range s.Pod.Containers() {
			if c.Node.Get("volumeDevices").Len() > 0 {
				return
			}
		}
		fail(control.Violation{At: at, Problem: "has no block devices"})
	},
	Expr: func(c control.CEL) string {
		has := ".orValue([]).exists(c, c.?volumeDevices.orValue([]).size() > 0)"
		return "(" + c.Pod + ".?containers" + has + " || " + c.Pod + ".?initContainers" + has + ")"
	},
}
