package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SeccompDeprecatedAnnotation: seccomp annotations are ignored by newer Kubernetes versions, silently.
var SeccompDeprecatedAnnotation = control.Control{
	ID: "seccomp-deprecated-annotation", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Use the seccompProfile field, not the annotations (ignored since 1.27)",
	Scope:   control.PodSpecs,
	From:    19,
	Require: seccompAnnotationFree,
	Fix:     control.Auto,
	Risk:    "From 1.27 on the profile of the annotation is in force again; before, nothing changes.",
	Remedy:  "Move the profile to securityContext.seccompProfile of the pod or of the container, and remove the annotation.",
	Bad: []control.Change{
		{Base: control.OnMetadata, Path: `annotations["` + seccompPodAnnotation + `"]`, Value: "runtime/default"},
		{Base: control.OnMetadata, Path: `annotations["` + seccompContainerAnnotation + `app"]`, Value: "unconfined"},
	},
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/reference/node/seccomp/", "https://github.com/kubernetes/enhancements/tree/master/keps/sig-node/135-seccomp"},
	},
	Peers: control.Peers{
		Kubeaudit: []string{"seccomp/SeccompDeprecatedAnnotations"},
	},
	Why: `Since Kubernetes 1.19 the profile is a field, and since 1.27 the annotations of old do nothing at all. A manifest
that still has them looks confined and is not, and no warning says so.`,
}

// seccompAnnotationFree requires that there are no seccomp annotations. The fix moves their profiles to the field unless it
// is set, which is what the API server did from 1.19 to 1.26.
var seccompAnnotationFree = &control.Func{
	Text: "seccomp annotations must not be set",
	Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
		for n := range seccompAnnotations(s) {
			if !fail(control.Violation{At: n, Problem: "is set, and is ignored since 1.27"}) {
				return
			}
		}
	},
	Expr: func(c control.CEL) string {
		all := c.Metadata + ".?annotations"
		return "(!" + all + ".hasValue() || " + all + `.value().all(k, k != "` + seccompPodAnnotation +
			`" && !k.startsWith("` + seccompContainerAnnotation + `")))`
	},
	Fix: func(s *control.Subject, _ tree.Node, out []control.Edit) []control.Edit {
		for n, to := range seccompAnnotations(s) {
			if profile := seccompProfile(text(n)); profile != nil && to.Exists() && !setsSeccomp(to) {
				path := []string{"securityContext", "seccompProfile"}
				out = append(out, control.Edit{Op: control.Set, At: to, Path: path, Value: profile})
			}
			out = append(out, control.Edit{Op: control.Remove, At: n})
		}
		return out
	},
}
