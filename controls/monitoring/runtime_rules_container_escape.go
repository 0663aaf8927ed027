package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesContainerEscape: the way out is watched.
var RuntimeRulesContainerEscape = control.Control{
	ID: "runtime-rules-container-escape", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect escapes: release_agent, debugfs, mount, nsenter, modules, BPF, userfaultfd",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-container-escape"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Detect release_agent File Container Escapes, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1611"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Debugfs Launched in Privileged Container",
			"falco:Detect release_agent File Container Escapes",
			"falco:Linux Kernel Module Injection Detected",
			"falco:PTRACE attached to process",
			"falco:PTRACE anti-debug attempt",
			"falco:Change thread namespace",
			"falco:Change namespace privileges via unshare",
			"falco:Mount Launched in Privileged Container",
			"falco:Privileged Container Device Access",
			"falco:Container Access to Host Sensitive Paths",
			"falco:BPF Program Not Profiled",
			"falco:Unprivileged Delegation of Page Faults Handling to a Userspace Process",
			"falco:Launch Privileged Container",
			"falco:Launch Excessively Capable Container",
			"falco:Launch Sensitive Mount Container",
			"falco:Container Run as Root User",
			"falco:Create files below dev",
		},
	},
	Why: `The known ways out of a container leave traces: a release_agent is written, a device is mounted, a kernel module is loaded, a namespace is entered. On
the node the intruder has every pod and its secrets.`,
	Examples: rulesExamples("Detect release_agent File Container Escapes"),
}
