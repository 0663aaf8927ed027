package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// SandboxRuntimeClassMissing: code that is not trusted runs in a sandbox.
var SandboxRuntimeClassMissing = control.Control{
	ID: "sandbox-runtime-class-missing", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:  "Run untrusted or multi-tenant code under a sandbox RuntimeClass",
	Scope:  control.PodSpecs,
	Unless: windowsNode,
	Require: &control.Func{
		Check: checkRuntimeClass, Text: "runtimeClassName must be one of the sandboxes in the settings",
		Expr: func(c control.CEL) string {
			return "(" + runtimeClass.CEL(c.At) + ".orValue('') in " + control.QuoteAll(c.Params["runtimeClasses"]) + ")"
		},
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			return append(out, runtimeClass.Set(at, param(s.Params, "runtimeClasses")))
		},
	},
	Params: []control.Param{{
		Name: "runtimeClasses", Doc: "names of the RuntimeClasses that are sandboxes; a fix takes the first one",
		Example: []string{"gvisor", "kata"},
	}},
	Risk:    "The pod does not start where the RuntimeClass is missing, and programs that need unusual system calls or devices may fail or be slower.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set runtimeClassName to one of the RuntimeClasses in the parameter runtimeClasses.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{"https://kubernetes.io/docs/concepts/containers/runtime-class/", "https://kubernetes.io/docs/concepts/security/multi-tenancy/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0242", "C-0249", "C-0297"},
		Kyverno:   []string{"psp-migration/restrict-runtimeclass", "psp-migration/add-runtimeclassname"},
	},
	Why: `Ordinary containers share the kernel of their node, so one hole in it is enough to get out. A sandbox such as gVisor or Kata Containers puts a second kernel
in between, which is what code of strangers and of other tenants should have.`,
	Bad: []control.Change{
		{Path: "runtimeClassName", Name: "missing"},
		{Path: "runtimeClassName", Value: "runc"},
	},
	Good: []control.Change{{Path: "runtimeClassName", Value: "kata"}},
}

var runtimeClass = control.NewField("runtimeClassName")

func checkRuntimeClass(s *control.Subject, at tree.Node, fail control.FailFunc) {
	n := runtimeClass.Find(at)
	if !n.Exists() {
		fail(runtimeClass.Violation(at, "is missing"))
	} else if !slices.Contains(s.Params["runtimeClasses"], n.Text()) {
		fail(runtimeClass.Violation(at, "is "+control.Show(n)))
	}
}
