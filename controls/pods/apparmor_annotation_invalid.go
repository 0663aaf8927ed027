package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ApparmorAnnotationInvalid: an AppArmor annotation for a container that is not there confines nothing.
var ApparmorAnnotationInvalid = control.Control{
	ID: "apparmor-annotation-invalid", Section: "security-context", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "AppArmor annotations must name a container of the pod",
	Scope:   control.PodSpecs,
	Require: appArmorAnnotationsNameContainers,
	Fix:     control.Auto,
	FixRisk: control.Safe,
	Risk:    "The pod is accepted where the API server refused it for the annotation.",
	Remedy:  "Name an existing container in the annotation, or set securityContext.appArmorProfile there instead.",
	Bad: []control.Change{
		{Base: control.OnMetadata, Path: `annotations["` + appArmorAnnotation + `nobody"]`, Value: "runtime/default"},
	},
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/tutorials/security/apparmor/"},
	},
	Peers: control.Peers{
		Kubeaudit: []string{"apparmor/AppArmorInvalidAnnotation"},
	},
	Why: `AppArmor annotations carry the name of the container that they are for. With a misspelt or outdated name the container
that was meant runs without its profile; the API server refuses such pods, but accepts the Deployments that create them.
The appArmorProfile field (Kubernetes 1.30 and newer) cannot go astray.`,
}

var appArmorAnnotationsNameContainers = &control.Func{
	Text: "AppArmor annotations must name a container of the pod",
	Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
		containerNamed := byName(s.Pod)
		for name, n := range annotations(s, appArmorAnnotation) {
			if containerNamed(name) == nil &&
				!fail(control.Violation{At: n, Problem: "is for " + quoted(name) + ", which is no container of the pod"}) {
				return
			}
		}
	},
	Expr: func(c control.CEL) string {
		all, named := c.Metadata+".?annotations", ""
		for _, list := range []string{"containers", "initContainers", "ephemeralContainers"} {
			named += " || " + c.Pod + ".?" + list + `.orValue([]).exists(x, k == "` + appArmorAnnotation + `" + x.name)`
		}
		return "(!" + all + ".hasValue() || " + all + `.value().all(k, !k.startsWith("` + appArmorAnnotation + `")` + named + "))"
	},
	Fix: func(s *control.Subject, _ tree.Node, out []control.Edit) []control.Edit {
		containerNamed := byName(s.Pod)
		for name, n := range annotations(s, appArmorAnnotation) {
			if containerNamed(name) == nil {
				out = append(out, control.Edit{Op: control.Remove, At: n})
			}
		}
		return out
	},
}
