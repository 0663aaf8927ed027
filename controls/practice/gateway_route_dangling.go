package practice

import (
	"slices"
	"strconv"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/workload"
)

// GatewayRouteDangling: a route leads to a service.
var GatewayRouteDangling = control.Control{
	ID: "gateway-route-dangling", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Let every route of the Gateway API lead to a Service and a port that exist",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.EntryKinds(), control.Core("Namespace")),
	Kinds:    in("gateway.networking.k8s.io", gatewayRoutes...),
	Require:  &control.Together{Check: checkGatewayRoutes, Text: "the service of each backend must be in its namespace and have the port, if services of that namespace are known"},
	Risk:     "Nothing: requests are answered with an error today.",
	Fix:      control.Advice,
	NoFix:    "Which service was meant only a person can say.",
	Remedy:   "Correct the name or the port in backendRefs, or remove the rule.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{"https://gateway-api.sigs.k8s.io/api-types/httproute/"}},
	Peers:    control.Peers{Kubescape: []string{"C-0302"}},
	Why: `A route to a service that is not there answers 500, and whoever makes a service of that name gets the requests of a known host with all their cookies.
Where no service of the namespace is known, nothing is said.`,
	Examples: []control.Example{
		{
			Name: "misspelt, and a port that the service does not have",
			Manifests: `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {rules: [{backendRefs: [{name: web, port: 80}, {name: wbe, port: 80}, {name: web, port: 8080}]}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80}]}}
`,
			Want: []string{"HTTPRoute/shop/web spec.rules[0].backendRefs[1]", "HTTPRoute/shop/web spec.rules[0].backendRefs[2]"},
		},
		{
			Name: "there, and in a namespace of which nothing is known",
			Manifests: `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web, namespace: shop}
spec: {rules: [{backendRefs: [{name: web, port: 80}, {name: x, namespace: other, port: 80}]}]}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80}]}}
`,
		},
	},
}

var gatewayRoutes = []string{"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"}

func checkGatewayRoutes(v *control.Verdicts) { checkRoutes(v, gatewayRoutes...) }

// checkRoutes looks for the backends of the routes of some kinds.
func checkRoutes(v *control.Verdicts, kinds ...string) {
	known := newDirectory(v)
	for i := range v.Network.Routes {
		r := &v.Network.Routes[i]
		if !slices.Contains(kinds, r.Kind) {
			continue
		}
		for k := range r.Backends {
			b := &r.Backends[k]
			s, missing := known.find(r.Object, r.Namespace, b.Namespace, b.Name)
			switch {
			case b.PortName == "use-annotation": // an action of the AWS Load Balancer Controller, and no service
				v.NotApplicable(1)
			case s == nil:
				other := known.findElsewhere(r.Object, b.Name)
				if !missing && other == nil {
					v.NotApplicable(1)
					continue
				}
				breach := control.Breach{Object: r.Object, Path: b.Path, Message: "leads to service " + b.Name + ", which is not among those of namespace " + b.Namespace}
				if other != nil {
					breach.Related = []control.Decider{{Object: other.Object, Text: "has the name, in another namespace"}}
				}
				v.Fail(breach)
			case !offers(s, b):
				v.Fail(control.Breach{
					Object: r.Object, Path: b.Path, Message: "leads to port " + portText(b) + " of service " + b.Name + ", which does not have it",
					Related: []control.Decider{{Object: s.Object, Path: "spec.ports", Text: "is the service"}},
				})
			default:
				v.Pass(1)
			}
		}
	}
}

// offers reports whether a service has the port of a backend. One without ports, as of an ExternalName, passes on any.
func offers(s *workload.Service, b *network.Backend) bool {
	if len(s.Ports) == 0 || s.Type == "ExternalName" || b.TargetPort || b.Port == 0 && b.PortName == "" {
		return true
	}
	return slices.ContainsFunc(s.Ports, func(p workload.ServicePort) bool {
		return b.PortName != "" && p.Name == b.PortName || b.PortName == "" && p.Port == b.Port
	})
}

func portText(b *network.Backend) string {
	if b.PortName != "" {
		return b.PortName
	}
	return strconv.Itoa(b.Port)
}
