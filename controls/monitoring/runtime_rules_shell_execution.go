package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesShellExecution: an intruder is seen when he types.
var RuntimeRulesShellExecution = control.Control{
	ID: "runtime-rules-shell-execution", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect shells and interactive sessions in containers",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-shell-execution"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Terminal shell in container, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1059", "T1609"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Run shell untrusted",
			"falco:System user interactive",
			"falco:Terminal shell in container",
			"falco:DB program spawned process",
			"falco:Web Server Spawned Shell",
			"falco:Web Server Spawned Suspicious Child Process",
			"falco:Basic Interactive Reconnaissance",
			"falco:Disallowed SSH Connection Non Standard Port",
			"falco:Non sudo setuid",
			"falco:User mgmt binaries",
		},
	},
	Why: `A shell in a container of a service is the first thing that an intruder opens and the last that its maker needs. It is the one alert that nearly every
break-in raises, whatever the way in was.`,
	Examples: rulesExamples("Terminal shell in container"),
}
