package practice

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// InstanceLabelMismatch: the label that names an instance fits its object.
var InstanceLabelMismatch = control.Control{
	ID: "instance-label-mismatch", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Let app.kubernetes.io/instance fit the name",
	Scope: control.Objects,
	Kinds: workloads,
	Require: &control.Func{
		Check: checkInstance, Text: instanceLabel.String() + " must be the name or the first part of it, if it is set",
		Expr: func(c control.CEL) string {
			v, name := instanceLabel.CEL(c.At)+".orValue('')", c.At+".?metadata.?name.orValue('')"
			return "(" + v + " == '' || " + name + " == '' || " + name + " == " + v + " || " + name + ".startsWith(" + v + " + '-'))"
		},
	},
	Fix:    control.Advice,
	NoFix:  "Helm, Argo CD and selectors go by the label.",
	Risk:   "What selects by the old value no longer finds the object.",
	Remedy: "Set the label app.kubernetes.io/instance to the name of the object or to the part of it in front of a hyphen, or remove the label.",
	Bad:    []control.Change{{Path: instanceLabel.String(), Value: "other"}, {Path: instanceLabel.String(), Value: "ap"}},
	Good:   []control.Change{{Path: instanceLabel.String(), Value: "app"}, {Path: "metadata.labels", Value: map[string]any{"app": "app"}, Name: "not set"}},
	Refs:   control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"}},
	Peers: control.Peers{
		Polaris: []string{"metadataAndInstanceMismatched"},
	},
	Why: `app.kubernetes.io/instance says which installation of an application an object belongs to. One that has nothing to do with the name is
mostly left over from a manifest that was copied, and what belongs together is no longer shown together. Names that begin with the instance, as Helm
makes them, are fine, and so is no label at all.`,
}

var instanceLabel = control.NewField(`metadata.labels["app.kubernetes.io/instance"]`)

func checkInstance(s *control.Subject, at tree.Node, fail control.FailFunc) {
	value, ok := instanceLabel.Find(at).Str()
	name := s.Object.Name
	if !ok || value == "" || name == "" || name == value || strings.HasPrefix(name, value+"-") {
		return
	}
	fail(instanceLabel.Violation(at, "is "+control.Show(instanceLabel.Find(at))+", but the name is "+name))
}
