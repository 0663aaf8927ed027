package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesAPIAccess: who talks to the API server is known.
var RuntimeRulesAPIAccess = control.Control{
	ID: "runtime-rules-api-access", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect API-server access and kubectl use from containers",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-api-access"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Contact K8S API Server From Container, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1613", "T1609"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Contact K8S API Server From Container",
			"falco:Kubernetes Client Tool Launched in Container",
			"falco:Exfiltrating Artifacts via Kubernetes Control Plane",
			"falco:Launch Disallowed Container",
		},
	},
	Why:      `Most pods never talk to the API server. One that begins to, or in which kubectl is started, is looking at what its token is good for.`,
	Examples: rulesExamples("Contact K8S API Server From Container"),
}
