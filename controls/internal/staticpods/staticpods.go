// Package staticpods knows the static pods of a control plane, for controls that are not for them.
package staticpods

import (
	"path"
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ControlPlane is for Unless: it holds for the static pods of a control plane. They have to be on the host's network, mount its files and
// belong to no controller, and the kubelet gives them no token:
// https://kubernetes.io/docs/tasks/configure-pod-container/static-pod/
var ControlPlane = &control.Func{
	Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
		if !isControlPlane(s) {
			fail(control.Violation{At: s.Root(), Problem: "is no pod of the control plane"})
		}
	},
	Text: "the pod is a static pod of the control plane",
	Expr: func(c control.CEL) string {
		return "(" + c.Metadata + ".?namespace.orValue('') == 'kube-system' && " + c.Pod + ".?hostNetwork.orValue(false) == true && " +
			c.Pod + ".?containers.orValue([]).exists(c, c.?command.orValue([]).size() > 0 && c.command[0].matches('^(.*/)?(kube-apiserver|kube-controller-manager|kube-scheduler|etcd)$')))"
	},
}

var controlPlanePrograms = []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "etcd"}

func isControlPlane(s *control.Subject) bool {
	if s.Pod == nil || !s.Pod.Meta.Get("namespace").StrIs("kube-system") {
		return false
	}
	if on, _ := s.Pod.Spec.Get("hostNetwork").Bool(); !on {
		return false
	}
	for _, c := range s.Pod.Spec.Get("containers").Items() {
		if program := c.Get("command").At(0); program.Exists() && slices.Contains(controlPlanePrograms, path.Base(program.Text())) {
			return true
		}
	}
	return false
}
