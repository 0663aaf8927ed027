package pods

import "github.com/kubeharden/kubeharden/control"

// SandboxRuntimeClassMissing: WHY-ONE-LINE.
var SandboxRuntimeClassMissing = control.Control{
	ID: "sandbox-runtime-class-missing", Section: "security-context", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Run untrusted or multi-tenant code under a sandbox RuntimeClass",
	Scope:   control.Containers,
	Require: nil, // catalogue: auto: runtimeClassName; advice: gVisor/Kata
	Risk:    "",
	Fix:     control.Auto,
	Refs: control.Refs{
		NSA:    []string{"Pod security: hardening container environments"},
		MITRE:  []string{"T1611"},
		Source: []string{""},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0242", "C-0249", "C-0297"},
		Kyverno:   []string{"psp-migration/restrict-runtimeclass", "psp-migration/add-runtimeclassname"},
	},
	Why: ``,
}
