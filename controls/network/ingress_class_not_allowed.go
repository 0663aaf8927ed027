package network

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// IngressClassNotAllowed: a way in goes through a controller that was agreed on.
var IngressClassNotAllowed = control.Control{
	ID: "ingress-class-not-allowed", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title: "Use only approved ingress classes",
	Scope: control.Objects,
	Kinds: ingresses,
	Require: &control.Func{
		Check: checkClass, Text: "the class of an Ingress must be set and one of the allowed ones",
		Expr: func(c control.CEL) string {
			list := control.QuoteAll(c.Params["allowed"])
			old, name := oldClass.CEL(c.At), className.CEL(c.At)
			return "((" + old + ".hasValue() || " + name + ".hasValue()) && (!" + old + ".hasValue() || " + old + ".value() in " + list + ") && (!" +
				name + ".hasValue() || " + name + ".value() in " + list + "))"
		},
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			// The API server refuses a new Ingress with both.
			field := &className
			if oldClass.Find(at).Exists() {
				field = &oldClass
				if n := className.Find(at); n.Exists() {
					out = append(out, control.Edit{Op: control.Remove, At: n})
				}
			}
			return append(out, field.Set(at, s.Params["allowed"][0]))
		},
	},
	Params: []control.Param{{Name: "allowed", Doc: "names of IngressClasses; the first is what a fix sets", Example: []string{"internal", "public"}}},
	Risk:   "Another controller serves the Ingress, at another address.",
	Fix:    control.Auto,
	Remedy: "Set spec.ingressClassName to one of the classes in the parameter allowed.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{ingressDocs + "#ingress-class"},
	},
	Peers: control.Peers{Kyverno: []string{"other/restrict-ingress-classes"}},
	Why: `The class decides which controller serves the Ingress: one for the office, or one for the whole internet without a web application firewall. A single
word then makes an internal service public, and no other object shows it.`,
	Bad: []control.Change{
		{Path: "spec.ingressClassName", Value: "other"},
		{Path: "spec.ingressClassName", Name: "missing"},
		{Path: "metadata.annotations", Name: "old", Value: map[string]any{"kubernetes.io/ingress.class": "other"}},
	},
	Good: []control.Change{{Path: "metadata.annotations", Name: "both", Value: map[string]any{"kubernetes.io/ingress.class": "public"}}},
}

var (
	className = control.NewField("spec.ingressClassName")
	oldClass  = control.NewField(`metadata.annotations["kubernetes.io/ingress.class"]`)
)

func checkClass(s *control.Subject, at tree.Node, fail control.FailFunc) {
	set := false
	for _, field := range []*control.Field{&oldClass, &className} {
		n := field.Find(at)
		set = set || n.Exists()
		if n.Exists() && !slices.Contains(s.Params["allowed"], n.Text()) && !fail(field.Violation(at, "is "+control.Show(n)+", which is not allowed")) {
			return
		}
	}
	if !set {
		fail(className.Violation(at, "is missing, so the default of the cluster decides"))
	}
}
