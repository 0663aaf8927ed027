package practice

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// StorageClassNotSetOrAllowed: volumes come from a class that was agreed on.
var StorageClassNotSetOrAllowed = control.Control{
	ID: "storage-class-not-set-or-allowed", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title: "Use an allowed StorageClass",
	Scope: control.Objects,
	Kinds: slices.Concat(in("", "PersistentVolumeClaim"), statefulSets),
	Require: &control.Func{
		Check: checkClass, Text: "storageClassName must be one of the allowed ones",
		Expr: func(c control.CEL) string {
			list := control.QuoteAll(c.Params["allowed"])
			return "(" + c.At + ".kind == 'StatefulSet' ? " + c.At + ".?spec.?volumeClaimTemplates.orValue([]).all(t, " +
				storageClass.CEL("t") + ".orValue('(none)') in " + list + ") : " + storageClass.CEL(c.At) + ".orValue('(none)') in " + list + ")"
		},
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			eachClaim(s, at, func(claim tree.Node) bool {
				if !classAllowed(s, claim) {
					out = append(out, storageClass.Set(claim, param(s.Params, "allowed")))
				}
				return true
			})
			return out
		},
	},
	Params: []control.Param{{Name: "allowed", Doc: "names of StorageClasses; the first is what a fix sets", Example: []string{"fast", "slow"}}},
	Fix:    control.Auto,
	Risk:   "The class of a claim that exists cannot be changed: the volume has to be moved.",
	Remedy: "Set storageClassName to one of the StorageClasses in the parameter allowed.",
	Bad: []control.Change{
		{Kind: "PersistentVolumeClaim", Path: "spec.storageClassName", Name: "missing"},
		{Kind: "StatefulSet", Path: "spec.volumeClaimTemplates", Value: []any{map[string]any{"spec": map[string]any{"storageClassName": "other"}}}},
	},
	Refs: control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/storage/storage-classes/"}},
	Peers: control.Peers{
		Kyverno: []string{"other/require-storageclass", "other/restrict-storageclass"},
		Other:   []string{"gatekeeper:storageclass"},
	},
	Why: `Without a class a claim gets the default of the cluster, which differs from cluster to cluster: in one encrypted and replicated, in the
next a disk of the node. Which classes are right only the owner of the cluster knows, so this control needs a setting.`,
}

var storageClass = control.NewField("spec.storageClassName")

// eachClaim calls do for the claim or for every claim template of the object, until it says false.
func eachClaim(s *control.Subject, at tree.Node, do func(claim tree.Node) bool) {
	if s.Object.Kind == "PersistentVolumeClaim" {
		do(at)
		return
	}
	for _, claim := range at.Get("spec").Get("volumeClaimTemplates").Items() {
		if !do(claim) {
			return
		}
	}
}

func classAllowed(s *control.Subject, claim tree.Node) bool {
	name, ok := storageClass.Find(claim).Str()
	return ok && slices.Contains(s.Params["allowed"], name)
}

func checkClass(s *control.Subject, at tree.Node, fail control.FailFunc) {
	eachClaim(s, at, func(claim tree.Node) bool {
		if classAllowed(s, claim) {
			return true
		}
		problem := "is missing"
		if n := storageClass.Find(claim); n.Exists() {
			problem = "is " + control.Show(n) + ", which is not allowed"
		}
		return fail(storageClass.Violation(claim, problem))
	})
}
