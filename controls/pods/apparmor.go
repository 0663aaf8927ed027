package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// appArmorAnnotation and the name of a container are the key of its AppArmor profile before Kubernetes 1.30.
const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/"

const (
	appArmorDefault = "runtime/default"
	appArmorLocal   = "localhost/"
)

// appArmorConfined holds for containers and for pods.
var appArmorConfined = control.IfSet("securityContext.appArmorProfile",
	control.In("securityContext.appArmorProfile.type", "RuntimeDefault", "Localhost"))

// appArmorAnnotations requires confining values of all AppArmor annotations, whether or not the container exists.
var appArmorAnnotations = &control.Func{
	Text: "AppArmor annotations must be " + appArmorDefault + " or " + appArmorLocal + "…",
	Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
		for _, n := range annotations(s, appArmorAnnotation) {
			if v := text(n); v != "" && !confines(v) && !fail(control.Violation{At: n, Problem: "is " + quoted(v)}) {
				return
			}
		}
	},
	Expr: func(c control.CEL) string {
		all := c.Metadata + ".?annotations"
		return "(!" + all + ".hasValue() || " + all + `.value().all(k, !k.startsWith("` + appArmorAnnotation + `") || ` +
			all + `.value()[k] in ["", "` + appArmorDefault + `"] || ` + all + `.value()[k].startsWith("` + appArmorLocal + `")))`
	},
	Fix: func(s *control.Subject, _ tree.Node, out []control.Edit) []control.Edit {
		for _, n := range annotations(s, appArmorAnnotation) {
			if v := text(n); v != "" && !confines(v) {
				out = append(out, control.Edit{Op: control.Set, At: n, Value: appArmorDefault})
			}
		}
		return out
	},
}

// appArmorAnnotationConfines requires the same of a container's own annotation, so that a finding names the container. The
// fix of appArmorAnnotations is enough.
var appArmorAnnotationConfines = &control.Func{
	Text: appArmorAnnotations.Text,
	Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
		for name, n := range annotations(s, appArmorAnnotation) {
			if v := text(n); name == s.Container.Name && v != "" && !confines(v) {
				fail(control.Violation{At: n, Problem: "is " + quoted(v)})
			}
		}
	},
	Expr: func(c control.CEL) string {
		v := appArmorOf(c)
		return "(" + v + ` in ["", "` + appArmorDefault + `"] || ` + v + `.startsWith("` + appArmorLocal + `"))`
	},
}

// appArmorAnnotated requires an annotation that confines the container.
var appArmorAnnotated = &control.Func{
	Text: "its AppArmor annotation must be " + appArmorDefault + " or " + appArmorLocal + "…",
	Check: func(s *control.Subject, _ tree.Node, fail control.FailFunc) {
		for name, n := range annotations(s, appArmorAnnotation) {
			if name == s.Container.Name && confines(text(n)) {
				return
			}
		}
		fail(control.Violation{At: s.Container.Node, Problem: "has no AppArmor annotation"})
	},
	Expr: func(c control.CEL) string {
		v := appArmorOf(c)
		return "(" + v + ` == "` + appArmorDefault + `" || ` + v + `.startsWith("` + appArmorLocal + `"))`
	},
}

// appArmorOf is the annotation of a container in CEL.
func appArmorOf(c control.CEL) string {
	return c.Metadata + `.?annotations[?"` + appArmorAnnotation + `" + ` + c.At + `.?name.orValue("")].orValue("")`
}

func confines(annotation string) bool {
	return annotation == appArmorDefault || strings.HasPrefix(annotation, appArmorLocal)
}
