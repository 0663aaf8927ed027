package monitoring

import "github.com/kubeharden/kubeharden/control"

// RuntimeRulesNetworkAnomaly: traffic out of the ordinary is seen.
var RuntimeRulesNetworkAnomaly = control.Control{
	ID: "runtime-rules-network-anomaly", Section: "runtime", Layer: control.Monitoring, Severity: control.Low, Since: "0.1",
	Title:    "Detect unexpected network use, packet sockets, exfiltration",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.Core("ConfigMap")),
	Kinds:    rulesKinds(),
	Require:  looksFor("runtime-rules-network-anomaly"),
	Risk:     rulesRisk,
	Fix:      control.Advice,
	NoFix:    rulesNoFix,
	NoPolicy: "An admission policy sees one object at a time.",
	Remedy:   "Load Falco's own rules and enable those for this, such as Packet socket created in container, or write one; then except what your programs do on purpose.",
	Refs: control.Refs{
		NSA:    []string{"Threat detection: tools"},
		MITRE:  []string{"T1046", "T1020", "T1557"},
		Source: []string{falcoRulesDocs, falcoRulesSource},
	},
	Peers: control.Peers{
		Other: []string{
			"falco:Packet socket created in container",
			"falco:System procs network activity",
			"falco:Program run with disallowed http proxy env",
			"falco:Unexpected UDP Traffic",
			"falco:Launch Remote File Copy Tools in Container",
			"falco:Network Connection outside Local Subnet",
			"falco:Unexpected inbound connection source",
			"falco:Interpreted procs inbound network activity",
			"falco:Interpreted procs outbound network activity",
			"falco:Unexpected K8s NodePort Connection",
		},
	},
	Why: `A packet socket reads the traffic of others, a system program that connects to the Internet carries something out, and scans come before the next
step. Network policies stop some of it and tell nobody.`,
	Examples: rulesExamples("Packet socket created in container"),
}
