package pods

import "github.com/kubeharden/kubeharden/control"

// HostPort: a host port opens the container to everybody who reaches the node.
var HostPort = control.Control{
	ID: "host-port", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Do not bind host ports",
	Scope: control.Containers,
	Require: control.Each("ports", map[string]any{"containerPort": 8080},
		control.Allow("hostPort", 0)),
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "Clients that used the address of the node and this port need a Service instead.",
	Remedy:  "Remove hostPort and expose the port by a Service.",
	Refs: control.Refs{
		PSS:    "baseline",
		CIS:    []string{"5.2.12"},
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1133"},
		Source: []string{podSecurityStandards, "https://kubernetes.io/docs/concepts/configuration/overview/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0044"},
		Trivy:     []string{"KSV-0024"},
		Checkov:   []string{"CKV_K8S_26"},
		Polaris:   []string{"hostPortSet"},
		Kyverno:   []string{"pod-security/disallow-host-ports", "pod-security/disallow-host-ports-range"},
		KubeBench: []string{"5.2.12"},
		Other:     []string{"psa:hostPorts", "gatekeeper:host-network-ports", "kics:image_host_port_not_specified"},
	},
	Why: `A host port is bound on every address of the node, past Services and often past NetworkPolicies, and only one pod per
node can have it. With hostNetwork the API server itself writes the container port in as host port, so there hostNetwork is
what to remove first.`,
}
