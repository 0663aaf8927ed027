package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesReverseShell: a shell that calls home is heard.
var RuntimeRulesReverseShell = control.Control{
	ID: "runtime-rules-reverse-shell", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect reverse shells and remote code tools",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-reverse-shell"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Redirect STDOUT/STDIN to Network Connection in Container, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1059", "T1105"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Netcat Remote Code Execution in Container",
			"falco:Redirect STDOUT/STDIN to Network Connection in Container",
			"falco:Reverse Shell from Web Server",
			"falco:Netcat/Socat Remote Code Execution on Host",
			"falco:Launch Suspicious Network Tool in Container",
			"falco:Launch Suspicious Network Tool on Host",
			"falco:Launch Ingress Remote File Copy Tools in Container",
			"falco:Java Process Class File Download",
			"falco:Network Tool Executed During NPM Package Install",
			"falco:Decoding Payload in Container",
		},
	},
	Why: `What breaks in from outside often has no way back in, so it calls home: a shell whose input and output is a connection, or netcat with a program
behind it. No service does that.`,
	Examples: rulesExamples("Redirect STDOUT/STDIN to Network Connection in Container"),
}
