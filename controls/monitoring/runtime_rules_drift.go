package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesDrift: what runs came with the image.
var RuntimeRulesDrift = control.Control{
	ID: "runtime-rules-drift", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect new or changed binaries in running containers",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-drift"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Drop and execute new binary in container, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1525", "T1036"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Drop and execute new binary in container",
			"falco:Execution from /dev/shm",
			"falco:Fileless execution via memfd_create",
			"falco:Container Drift Detected (chmod)",
			"falco:Container Drift Detected (open+create)",
			"falco:Modify Container Entrypoint",
			"falco:Launch Package Management Process in Container",
			"falco:Update Package Repository",
			"falco:Write below binary dir",
			"falco:Write below monitored dir",
			"falco:Write below etc",
			"falco:Write below root",
			"falco:Write below rpm database",
			"falco:Modify binary dirs",
			"falco:Mkdir binary dirs",
			"falco:Create Hidden Files or Directories",
		},
	},
	Why: `An image is what was scanned and signed. A program that was written into a running container and started there was neither, and hardly any service
does that on purpose.`,
	Examples: rulesExamples("Drop and execute new binary in container"),
}
