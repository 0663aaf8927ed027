package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesPersistence: nobody settles in.
var RuntimeRulesPersistence = control.Control{
	ID: "runtime-rules-persistence", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect persistence and privilege abuse on hosts and in containers",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-persistence"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Schedule Cron Jobs, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1053", "T1098.004", "T1546.004"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Modify Shell Configuration File",
			"falco:Schedule Cron Jobs",
			"falco:Adding ssh keys to authorized_keys",
			"falco:Set Setuid or Setgid bit",
			"falco:Sudo Potential Privilege Escalation",
			"falco:Polkit Local Privilege Escalation Vulnerability (CVE-2021-4034)",
			"falco:Potential Local Privilege Escalation via Environment Variables Misuse",
			"falco:Backdoored library loaded into SSHD (CVE-2024-3094)",
			"falco:Read Shell Configuration File",
		},
	},
	Why: `Who wants to stay writes a cron job, a key into authorized_keys, a line into a shell profile, or gives a program the rights of root. That outlives the
pod if the folder is one of the node.`,
	Examples: rulesExamples("Schedule Cron Jobs"),
}
