package practice

import "github.com/kubeharden/kubeharden/control"

// IngressDangling: an ingress leads to a service.
var IngressDangling = control.Control{
	ID: "ingress-dangling", Section: "best-practice", Layer: control.Pods, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:    "Let every Ingress lead to a Service and a port that exist",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.EntryKinds(), control.Core("Namespace")),
	Kinds:    []control.Kind{{Group: "networking.k8s.io", Kind: "Ingress"}, {Group: "extensions", Kind: "Ingress"}},
	Require:  &control.Together{Check: checkIngresses, Text: "the service of each backend must be in the namespace and have the port, if services of the namespace are known"},
	Risk:     "Nothing: requests are answered with an error today.",
	Fix:      control.Advice,
	NoFix:    "Which service was meant only a person can say.",
	Remedy:   "Correct the name or the port of the backend, or remove its path.",
	NoPolicy: oneAtATime,
	Refs:     control.Refs{Source: []string{"https://kubernetes.io/docs/concepts/services-networking/ingress/"}},
	Peers: control.Peers{
		KubeLinter: []string{"dangling-ingress"},
		Kubescape:  []string{"C-0298"},
		KubeScore:  []string{"ingress-targets-service"},
		Other:      []string{"popeye:1401", "popeye:1402"},
	},
	Why: `An ingress to a service that is not there answers 503, and whoever makes a service of that name gets the requests of a known host with all their cookies.
Where no service of the namespace is known, nothing is said, unless there is one of the name in another namespace: a backend is always in the ingress's own.`,
	Examples: []control.Example{
		{
			Name: "misspelt, and a port that the service does not have",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: wbe, port: {number: 80}}}}
      - {path: /a, pathType: Prefix, backend: {service: {name: web, port: {name: admin}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80, name: http}]}}
`,
			Want: []string{
				"Ingress/shop/web spec.rules[0].http.paths[0].backend", "Ingress/shop/web spec.rules[0].http.paths[1].backend",
			},
		},
		{
			Name: "there, by number and by name, and an action of a load balancer",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /a, pathType: Prefix, backend: {service: {name: web, port: {name: http}}}}
      - {path: /b, pathType: Prefix, backend: {service: {name: redirect, port: {name: use-annotation}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {selector: {app: web}, ports: [{port: 80, name: http}]}}
`,
		},
		{
			Name: "services that are declared elsewhere",
			Manifests: `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: api, namespace: other}, spec: {ports: [{port: 80}]}}
`,
		},
		{
			Name: "in another namespace",
			Manifests: `{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web, namespace: shop}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}
---
{apiVersion: v1, kind: Service, metadata: {name: web, namespace: other}, spec: {ports: [{port: 80}]}}
`,
			Want: []string{"Ingress/shop/web spec.defaultBackend"},
		},
	},
}

func checkIngresses(v *control.Verdicts) { checkRoutes(v, "Ingress") }
