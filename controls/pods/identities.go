// Package pods has the controls on pods and their containers.
package pods

import (
	"strconv"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// securityContextDocs decides what the fields of a security context mean.
const securityContextDocs = "https://kubernetes.io/docs/tasks/configure-pod-container/security-context/"

var (
	// windowsNode are pods that can only run on Windows, also those that say so with a node selector alone.
	windowsNode    = control.Any(windows, control.OnPod(control.Is(`nodeSelector["kubernetes.io/os"]`, "windows")))
	notWindowsNode = control.OnPod(control.All(control.Not("os.name", "windows"), control.Not(`nodeSelector["kubernetes.io/os"]`, "windows")))
	// nodeUsersApart are pods whose users are not those of the node.
	nodeUsersApart = control.Any(windowsNode, userNamespace)
)

// ownID is a user or group id that no node has a use for.
const ownID = 10001

// aboveNodeIDs requires an id that is given and that the node does not use.
func aboveNodeIDs(path string) control.Rule {
	return control.Inherit(path, control.All(control.Present(path, ownID), control.AtLeast(path, ownID)))
}

// inRange reports whether id is in one of the ranges of the setting "range".
func inRange(s *control.Subject, id int64) bool {
	for _, r := range s.Params["range"] {
		if first, last, ok := parseRange(r); ok && id >= first && id <= last {
			return true
		}
	}
	return false
}

func parseRange(s string) (first, last int64, ok bool) {
	a, b, found := strings.Cut(s, "-")
	if !found {
		b = a
	}
	first, err1 := strconv.ParseInt(a, 10, 64)
	last, err2 := strconv.ParseInt(b, 10, 64)
	return first, last, err1 == nil && err2 == nil
}

func isRange(s string) bool {
	first, last, ok := parseRange(s)
	return ok && first >= 0 && first <= last
}

// rangeCEL says inRange of a CEL variable.
func rangeCEL(c control.CEL, v string) string {
	tests := []string{"false"}
	for _, r := range c.Params["range"] {
		if first, last, ok := parseRange(r); ok {
			tests = append(tests, v+" >= "+strconv.FormatInt(first, 10)+" && "+v+" <= "+strconv.FormatInt(last, 10))
		}
	}
	// An id that is written as text is refused by the API server.
	return "(type(" + v + ") == int && (" + strings.Join(tests, " || ") + "))"
}

// idInRange requires the id at path to be in the range, and to be there if it is required.
func idInRange(path string, required bool) control.Rule {
	field := control.NewField(path)
	return &control.Func{
		Text: path + " must be in the allowed range",
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			n := field.Find(at)
			if !n.Exists() {
				if required {
					fail(field.Violation(at, "is missing"))
				}
				return
			}
			if id, ok := n.Int(); !ok || !inRange(s, id) {
				fail(field.Violation(at, outside(n)))
			}
		},
		Expr: func(c control.CEL) string {
			v := field.CEL(c.At)
			if required {
				return "(" + v + ".hasValue() && " + rangeCEL(c, v+".value()") + ")"
			}
			return "(!" + v + ".hasValue() || " + rangeCEL(c, v+".value()") + ")"
		},
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			first, _, _ := parseRange(param(s.Params, "range"))
			return append(out, field.Set(at, first))
		},
	}
}

var supplementalGroups = control.NewField("securityContext.supplementalGroups")

// outside says what an id is that is not in the range. Text is no number, whatever it says.
func outside(n tree.Node) string {
	if n.Type() == tree.String {
		return "is the text " + quoted(n.Text()) + ", not a number"
	}
	return "is " + control.Show(n) + ", outside of the allowed range"
}

// groupsInRange requires all supplementary groups to be in the range.
var groupsInRange = &control.Func{
	Text: "securityContext.supplementalGroups must be in the allowed range",
	Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
		for _, n := range supplementalGroups.Find(at).Items() {
			if id, ok := n.Int(); (!ok || !inRange(s, id)) && !fail(control.Violation{At: n, Problem: outside(n)}) {
				return
			}
		}
	},
	Expr: func(c control.CEL) string {
		return supplementalGroups.CEL(c.At) + ".orValue([]).all(id, " + rangeCEL(c, "id") + ")"
	},
	Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
		for _, n := range supplementalGroups.Find(at).Items() {
			if id, ok := n.Int(); !ok || !inRange(s, id) {
				out = append(out, control.Edit{Op: control.Remove, At: n})
			}
		}
		return out
	},
}
