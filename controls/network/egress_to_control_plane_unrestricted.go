package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// EgressToControlPlaneUnrestricted: who has no business with the API server does not reach it.
var EgressToControlPlaneUnrestricted = control.Control{
	ID: "egress-to-control-plane-unrestricted", Section: "allow-rules", Layer: control.Network, Severity: control.Low, Since: "0.1",
	Title:    "Let only workloads that use the API reach the API server",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.PolicyKinds(), control.Core("Namespace")),
	Kinds:    policyKinds(),
	Require:  &control.Together{Check: checkControlPlane, Text: "a rule that allows egress must not let pods without a token for the API reach every address on port 6443"},
	Risk:     "Programs that call the API with credentials of their own are refused.",
	Fix:      control.Generate,
	NoFix:    "The address of the API server is that of the cluster.",
	Remedy:   "Limit the rule to the addresses and ports that the workload needs.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1613"},
		Source: []string{policyDocs, "https://kubernetes.io/docs/concepts/security/security-checklist/#network-security"},
	},
	Why: `A workload without a token has nothing to ask the API server. If it can reach it all the same, whoever breaks in tries stolen tokens and known
vulnerabilities from there.`,
	Examples: []control.Example{
		{
			Name: "everywhere",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 0.0.0.0/0}}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {automountServiceAccountToken: false, containers: [{name: web}]}
`,
			Want: []string{"NetworkPolicy/shop/web spec.egress[0].to[0]"},
		},
		{
			Name: "one port",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [{ports: [{port: 443}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {automountServiceAccountToken: false, containers: [{name: web}]}
`,
		},
	},
}

func checkControlPlane(v *control.Verdicts) {
	a := v.Connectivity()
	breaches := egressTo(v, network.Outside(network.InternetV4()), 6443, func(workload int) bool { return !v.Index().HasToken(a.Workload(workload)) })
	for i := range breaches {
		breaches[i].Message = "lets pods that have no token reach the API server, and everything else, on port 6443"
		v.Fail(breaches[i])
	}
}
