package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesCryptomining: nobody mines with your machines.
var RuntimeRulesCryptomining = control.Control{
	ID: "runtime-rules-cryptomining", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect crypto miners",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-cryptomining"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Detect crypto miners using the Stratum protocol, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1496"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Detect outbound connections to common miner pool ports",
			"falco:Detect crypto miners using the Stratum protocol",
			"falco:Known Cryptominer Process Executed",
		},
	},
	Why: `Mining is what most break-ins into clusters end with, since every processor will do. It shows as a bill at the end of the month, or as a connection to
a pool at once.`,
	Examples: rulesExamples("Detect crypto miners using the Stratum protocol"),
}
