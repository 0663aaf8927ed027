package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
)

// IngressHostConflict: one name, one owner.
var IngressHostConflict = control.Control{
	ID: "ingress-host-conflict", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:    "Let no two namespaces claim the same host and path",
	Scope:    control.Everything,
	Needs:    control.EntryKinds(),
	Kinds:    []control.Kind{{Group: "networking.k8s.io", Kind: "Ingress"}, {Group: "extensions", Kind: "Ingress"}, {Group: "route.openshift.io", Kind: "Route"}, {Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"}, {Group: "gateway.networking.k8s.io", Kind: "GRPCRoute"}, {Group: "gateway.networking.k8s.io", Kind: "TLSRoute"}, {Group: "networking.istio.io", Kind: "VirtualService"}},
	Require:  &control.Together{Check: checkHosts, Text: "a host must be routed from one namespace only"},
	Risk:     "The namespace that gives the host up is reached under another one.",
	Fix:      control.Advice,
	NoFix:    "Whose host it is only a person can say.",
	Remedy:   "Give the host to one namespace, and another host or a delegated route to the other.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1557"},
		Source: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/", "https://gateway-api.sigs.k8s.io/concepts/security-model/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/unique-ingress-host", "other/unique-ingress-host-and-path", "other/unique-ingress-path", "openshift/unique-routes", "other/unique-external-dns"},
		Other:   []string{"gatekeeper:uniqueingresshost"},
	},
	Why: `Ingress controllers merge what all namespaces say of a host. A tenant that claims another one's host takes over paths of it, and with them the
passwords and cookies that its users send.`,
	Examples: []control.Example{
		{
			Name: "two tenants",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: login, namespace: other}
spec:
  rules:
  - host: shop.example.com
    http: {paths: [{path: /login, pathType: Prefix, backend: {service: {name: login, port: {number: 80}}}}]}
`,
			Want: []string{"Ingress/other/login"},
		},
		{
			Name: "hosts of their own",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: login, namespace: other}
spec:
  rules:
  - host: login.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: login, port: {number: 80}}}}]}
`,
		},
		{
			Name: "two classes",
			Manifests: `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a, namespace: a}, spec: {ingressClassName: public, rules: [{host: a.example.com}]}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: b, namespace: b}, spec: {ingressClassName: internal, rules: [{host: a.example.com}]}}
`,
		},
	},
}

// checkHosts compares routes of one sort and one class. The first namespace that has a host keeps it.
func checkHosts(v *control.Verdicts) {
	type claim struct{ kind, class, host string }
	first := map[claim]int{}
	routes := v.Network.Routes
	for i := range routes {
		r := &routes[i]
		bad := false
		for _, host := range r.Hosts {
			if host == "" || host == "*" {
				continue
			}
			c := claim{r.Kind, r.Class, strings.ToLower(host)}
			owner, ok := first[c]
			if !ok {
				first[c] = i
				continue
			}
			if routes[owner].Namespace == r.Namespace || bad {
				continue
			}
			bad = true
			v.Fail(control.Breach{
				Object: r.Object, Message: "claims host " + host + ", which namespace " + routes[owner].Namespace + " has too",
				Related: []control.Decider{{Object: routes[owner].Object, Text: "claims it first"}},
			})
		}
		if !bad {
			v.Pass(1)
		}
	}
}
