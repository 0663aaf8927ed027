package pods

import (
	"iter"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// The annotations that held seccomp profiles before Kubernetes 1.19; a container's name follows the second one.
const (
	seccompPodAnnotation       = "seccomp.security.alpha.kubernetes.io/pod"
	seccompContainerAnnotation = "container.seccomp.security.alpha.kubernetes.io/"
)

const seccompLocal = "localhost/"

// seccompAnnotationOf requires a confining value of the pod's annotation, or of the container's, if there is one. It is for
// versions that have no admission policies, so it needs no CEL.
func seccompAnnotationOf(pod bool) control.Rule {
	return &control.Func{
		Text: "seccomp annotations must be runtime/default, docker/default or " + seccompLocal + "…",
		Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
			prefix, want := seccompPodAnnotation, ""
			if !pod {
				prefix, want = seccompContainerAnnotation, s.Container.Name
			}
			for rest, n := range annotations(s, prefix) {
				v := text(n)
				if rest == want && v != "runtime/default" && v != "docker/default" && !strings.HasPrefix(v, seccompLocal) {
					fail(control.Violation{At: n, Problem: "is " + quoted(v)})
					return
				}
			}
		},
		Fix: func(s *control.Subject, _ tree.Node, out []control.Edit) []control.Edit {
			key := seccompPodAnnotation
			if !pod {
				key = seccompContainerAnnotation + s.Container.Name
			}
			return append(out, control.Edit{
				Op: control.Set, At: s.Pod.Meta, Path: []string{"annotations", key}, Value: "runtime/default",
			})
		},
	}
}

// seccompAnnotations yields the seccomp annotations, each with the pod spec or container that it is for. That one is
// missing if no container has the name.
func seccompAnnotations(s *control.Subject) iter.Seq2[tree.Node, tree.Node] {
	return func(yield func(annotation, target tree.Node) bool) {
		for rest, n := range annotations(s, seccompPodAnnotation) {
			if rest == "" && !yield(n, s.Pod.Spec) {
				return
			}
		}
		containerNamed := byName(s.Pod)
		for name, n := range annotations(s, seccompContainerAnnotation) {
			var target tree.Node
			if c := containerNamed(name); c != nil {
				target = c.Node
			}
			if !yield(n, target) {
				return
			}
		}
	}
}

func setsSeccomp(n tree.Node) bool {
	profile := n.Get("securityContext").Get("seccompProfile")
	return profile.Exists() && !profile.IsNull()
}

// seccompProfile returns the field that says the same as an annotation; nil for unconfined, which is the default.
func seccompProfile(annotation string) map[string]any {
	if file, ok := strings.CutPrefix(annotation, seccompLocal); ok {
		return map[string]any{"type": "Localhost", "localhostProfile": file}
	}
	if annotation == "runtime/default" || annotation == "docker/default" {
		return map[string]any{"type": "RuntimeDefault"}
	}
	return nil
}
