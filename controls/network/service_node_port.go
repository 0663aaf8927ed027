package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ServiceNodePort: a way in through every node.
var ServiceNodePort = control.Control{
	ID: "service-node-port", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Avoid Services of type NodePort",
	Scope: control.Objects,
	Kinds: services,
	Require: &control.Func{
		Check: func(s *control.Subject, at tree.Node, fail control.FailFunc) {
			if serviceType.Find(at).StrIs("NodePort") && !isAccepted(s) {
				fail(serviceType.Violation(at, "is NodePort, a port of every node"+nodePorts(at)))
			}
		},
		Text: "spec.type must not be NodePort",
		Expr: func(c control.CEL) string {
			return "(" + serviceType.CEL(c.At) + ".orValue('') != 'NodePort' || " + acceptedCEL(c) + ")"
		},
		Fix: toClusterIP,
	},
	Params:  accepted("Services of type NodePort"),
	Risk:    "Clients outside of the cluster, load balancers of your own among them, no longer reach the Service by the addresses of the nodes.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Set spec.type to ClusterIP and expose the Service by an Ingress or a Gateway; name a Service that has to be a NodePort in the parameter allowed.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1133"},
		Source: []string{serviceDocs + "#type-nodeport"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"exposed-services"},
		KubeScore:  []string{"service-type"},
		Kyverno:    []string{"best-practices/restrict-nodeport"},
		Other: []string{
			"gatekeeper:block-nodeport-services", "terrascan:AC-K8-NS-SV-L-0132", "popeye:1104", "kics:Service Type is NodePort",
		},
	},
	Why: `A NodePort opens a port on every node, past the TLS, the login and the logs of the Ingress. Where nodes have public addresses, and a firewall
rule for 30000-32767 is all it takes, scanners of the internet find it within hours.`,
	Bad: []control.Change{
		{Path: "spec", Name: "NodePort", Value: map[string]any{
			"type": "NodePort", "externalTrafficPolicy": "Local",
			"ports": []any{map[string]any{"name": "http", "port": 80, "nodePort": 30080}, map[string]any{"name": "https", "port": 443}},
		}},
		{Path: "spec.type", Value: "NodePort"},
	},
	Good: []control.Change{
		{Path: "spec.type", Value: "ClusterIP"},
		{Path: "spec.type", Name: "missing"},
		{Path: "spec.type", Value: "LoadBalancer"},
	},
}
