package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesCredentialAccess: who reads keys is noticed.
var RuntimeRulesCredentialAccess = control.Control{
	ID: "runtime-rules-credential-access", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect reads of sensitive files, keys, tokens and cloud credentials",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-credential-access"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Read sensitive file untrusted, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1552", "T1555"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Directory traversal monitored file read",
			"falco:Read sensitive file trusted after startup",
			"falco:Read sensitive file untrusted",
			"falco:Search Private Keys or Passwords",
			"falco:Create Symlink Over Sensitive Files",
			"falco:Create Hardlink Over Sensitive Files",
			"falco:Find AWS Credentials",
			"falco:Read ssh information",
			"falco:Read environment variable from /proc files",
			"falco:Contact EC2 Instance Metadata Service From Container",
			"falco:Contact cloud metadata service from container",
		},
	},
	Why: `Passwords, private keys, tokens of service accounts and cloud credentials lie in files with known names. Reading them is what turns a foothold in one
container into the cluster, or into the account behind it.`,
	Examples: rulesExamples("Read sensitive file untrusted"),
}
