package network

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
)

// WorkloadExposedToInternet: what is open to the world is open on purpose.
var WorkloadExposedToInternet = control.Control{
	ID: "workload-exposed-to-internet", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title:   "Know which workloads are reachable from outside of the cluster",
	Scope:   control.Everything,
	Needs:   control.AllOf(control.EntryKinds(), control.PolicyKinds(), control.Core("Namespace")),
	Kinds:   control.WorkloadKinds(),
	Require: &control.Together{Check: checkExposed, Text: "a workload must not be reachable from outside by a load balancer, a node port or a route, unless network policies block it or that is accepted"},
	Params: []control.Param{{
		Name: "allowed", Doc: "workloads that are meant to be reachable, each as NAMESPACE/NAME or NAMESPACE/*", Default: []string{}, Example: []string{"ingress-nginx/*"},
		Valid: func(v string) bool { return strings.Count(v, "/") == 1 },
	}},
	Risk:     "Whoever uses the workload from outside loses it.",
	Fix:      control.Advice,
	NoFix:    "Whether the workload is meant to be reachable only a person can say.",
	Remedy:   "Remove the way in, limit who may come by a network policy, or accept it: the parameter allowed, or a waiver with a reason.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1190", "T1133"},
		Source: []string{"https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types", "https://kubernetes.io/docs/concepts/services-networking/ingress/"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0256", "C-0266"},
		Other:     []string{"kubehound:ENDPOINT_EXPLOIT", "kics:ingress_controller_exposes_workload"},
	},
	Why: `What the Internet reaches is attacked within hours, and is where a way into the cluster begins. The list of such workloads should be short and known.`,
	Examples: []control.Example{
		{
			Name: "by an Ingress",
			Manifests: `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1, ports: [{containerPort: 8080}]}]}
`,
			Want: []string{"Deployment/shop/web"},
		},
		{
			Name: "inside only",
			Manifests: `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1, ports: [{containerPort: 8080}]}]}
`,
		},
		{
			Name: "a load balancer that policies block",
			Manifests: `apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: d, namespace: shop}
spec: {podSelector: {}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1, ports: [{containerPort: 8080}]}]}
`,
		},
	},
}

func checkExposed(v *control.Verdicts) {
	ways := v.WaysIn()
	for i := range v.Workloads.Workloads {
		w := &v.Workloads.Workloads[i]
		if len(ways[i]) == 0 || slices.Contains(v.Params["allowed"], w.Namespace+"/"+w.Name) || slices.Contains(v.Params["allowed"], w.Namespace+"/*") {
			v.Pass(1)
			continue
		}
		v.Fail(exposure(w.Object, "is reachable from outside of the cluster", ways[i], cause("workload "+w.String())))
	}
}

// exposure is the breach of a workload that is reached from outside.
func exposure(object int, message string, ways []network.Exposure, cause string) control.Breach {
	b := control.Breach{Object: object, Cause: cause}
	var how []string
	for _, e := range ways {
		if !slices.Contains(how, e.How) {
			how = append(how, e.How)
		}
		for k, o := range e.Chain {
			d := control.Decider{Object: o, Text: "leads to it"}
			if k == 0 {
				d.Text = "lets in from outside"
				if len(e.Hosts) > 0 {
					d.Text += " for " + strings.Join(e.Hosts[:min(len(e.Hosts), 3)], ", ")
				}
			}
			if o != object && len(b.Related) < maxRelated && !slices.ContainsFunc(b.Related, func(r control.Decider) bool { return r.Object == o }) {
				b.Related = append(b.Related, d)
			}
		}
	}
	b.Message = message + " by " + strings.Join(how, ", ")
	return b
}
