package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// withoutCapability requires that a container does not add the capability, neither by name nor with ALL. Container
// runtimes take names in lower case, and CRI-O and Docker take the prefix CAP_, so no such spelling may hide it.
func withoutCapability(name string) control.Rule {
	const path = ".?securityContext.?capabilities.?add"
	check := func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
		for _, item := range at.Get("securityContext").Get("capabilities").Get("add").Items() {
			if s, ok := item.Str(); ok && grants(s, name) && !fail(control.Violation{At: item, Problem: "is " + s}) {
				return
			}
		}
	}
	return &control.Func{
		Check: check,
		Text:  "securityContext.capabilities.add must contain neither " + name + " nor ALL",
		Expr: func(c control.CEL) string {
			return "(!" + c.At + path + ".hasValue() || !" + c.At + path + ".value().exists(x, x.upperAscii() in " +
				`["` + name + `", "CAP_` + name + `", "ALL", "CAP_ALL"]))`
		},
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			check(s, at, func(v control.Violation) bool {
				out = append(out, control.Edit{Op: control.Remove, At: v.At, Whole: true})
				return true
			})
			return out
		},
	}
}

// grants reports whether a container runtime may understand an added capability as name.
func grants(added, name string) bool {
	const prefix = "CAP_"
	if len(added) > len(prefix) && strings.EqualFold(added[:len(prefix)], prefix) {
		added = added[len(prefix):]
	}
	return strings.EqualFold(added, name) || strings.EqualFold(added, "ALL")
}

// addsBad are containers that add the capability in the spellings that withoutCapability knows.
func addsBad(name string) []control.Change {
	var bad []control.Change
	for _, spelling := range []string{name, "CAP_" + name, strings.ToLower(name), "ALL", "all"} {
		bad = append(bad, control.Change{Path: "securityContext.capabilities.add", Value: []any{spelling}, Name: spelling})
	}
	return bad
}
