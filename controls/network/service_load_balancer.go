package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ServiceLoadBalancer: ways into the cluster are planned.
var ServiceLoadBalancer = control.Control{
	ID: "service-load-balancer", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Allow public LoadBalancer Services only where they are planned",
	Scope: control.Objects,
	Kinds: services,
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			if isPublicLoadBalancer(at) && !isAccepted(s) {
				fail(serviceType.Violation(at, "is LoadBalancer and no annotation keeps it inside of the cloud's network"))
			}
		},
		Text: "a Service of type LoadBalancer must be internal, or one of those in the parameter allowed",
		Expr: func(c control.CEL) string { return "(!" + publicLoadBalancerCEL(c.At) + " || " + acceptedCEL(c) + ")" },
	},
	Params: accepted("Services of type LoadBalancer"),
	Risk:   "Another type deletes the load balancer, and its address goes back to the cloud.",
	Fix:    control.Advice,
	NoFix:  "Whether the Service is meant to be public, only a person can say, and its address does not come back.",
	Remedy: "Set spec.type to ClusterIP and use an Ingress or a Gateway, make the load balancer internal by the annotation of the cloud, or name it in the parameter allowed.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1133"},
		Source: []string{serviceDocs + "#loadbalancer", serviceDocs + "#internal-load-balancer"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"exposed-services"},
		Kyverno:    []string{"other/no-loadbalancer-service"},
		Other:      []string{"gatekeeper:block-loadbalancer-services", "popeye:1103", "kics:Service With External Load Balancer"},
	},
	Why: `A Service of type LoadBalancer gets a public address from most clouds, whatever is behind it: a database or a dashboard that was published for a
test. Attackers do not have to look for it, as the address ranges of clouds are scanned all the time.`,
	Bad: []control.Change{
		{Path: "spec.type", Value: "LoadBalancer"},
		{Path: "spec", Name: "with ranges", Value: map[string]any{"type": "LoadBalancer", "loadBalancerSourceRanges": []any{"192.0.2.0/24"}}},
	},
	Good: []control.Change{{Path: "spec.type", Value: "ClusterIP"}, {Path: "spec.type", Value: "NodePort"}},
}
