package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ServiceExternalIPs: nobody takes the traffic for an address that is not his.
var ServiceExternalIPs = control.Control{
	ID: "service-external-ips", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title: "Do not use externalIPs on Services (CVE-2020-8554)",
	Scope: control.Objects,
	Kinds: services,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, ip := range externalIPs.Find(at).Items() {
				if !fail(control.Violation{At: ip, Problem: "is " + control.Show(ip) + ", an address whose traffic the Service takes over on every node"}) {
					return
				}
			}
		},
		Text: "spec.externalIPs must not have an address",
		Expr: func(c control.CEL) string { return "(" + externalIPs.CEL(c.At) + ".orValue([]) == [])" },
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			return append(out, control.Edit{Op: control.Remove, At: externalIPs.Find(at)})
		},
	},
	Risk:    "The Service is no longer reached at these addresses: give it a load balancer, such as MetalLB, first.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove spec.externalIPs and expose the Service by a load balancer, an Ingress or a Gateway.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1557"},
		Source: []string{serviceDocs + "#external-ips", "https://github.com/kubernetes/kubernetes/issues/97076"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0108"},
		Kyverno: []string{"best-practices/restrict-external-ips"},
		Other:   []string{"gatekeeper:externalip", "terrascan:AC-K8-NS-SE-M-0188"},
	},
	Why: `kube-proxy sends what pods and nodes send to such an address to the pods of the Service, whoever the address belongs to. With the right to make
Services in one namespace an attacker gets between all pods and a DNS server, a registry or an API outside (CVE-2020-8554, never fixed).`,
	Bad: []control.Change{
		{Path: "spec.externalIPs", Value: []any{"192.0.2.1"}},
		{Path: "spec.externalIPs", Value: []any{"8.8.8.8", "2001:db8::1"}},
	},
	Good: []control.Change{{Path: "spec.externalIPs", Value: []any{}}},
}

var externalIPs = control.NewField("spec.externalIPs")
