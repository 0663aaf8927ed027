package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesDefenseEvasion: nobody wipes the traces.
var RuntimeRulesDefenseEvasion = control.Control{
	ID: "runtime-rules-defense-evasion", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect log and history tampering and mass deletion",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-defense-evasion"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Clear Log Activities, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1070", "T1485"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Clear Log Activities",
			"falco:Remove Bulk Data from Disk",
			"falco:Delete or rename shell history",
		},
	},
	Why: `Logs and the history of shells are what an investigation has. Who deletes them, or whole disks, has a reason, and afterwards the alert is all that is
left.`,
	Examples: rulesExamples("Clear Log Activities"),
}
