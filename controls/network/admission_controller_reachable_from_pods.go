package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/network"
	"github.com/kubeharden/kubeharden/workload"
)

// AdmissionControllerReachableFromPods: only the API server asks an admission webhook.
var AdmissionControllerReachableFromPods = control.Control{
	ID: "admission-controller-reachable-from-pods", Section: "allow-rules", Layer: control.Network, Severity: control.High, Since: "0.1",
	Title:    "Let only the API server reach admission webhooks",
	Scope:    control.Everything,
	Needs:    control.AllOf(control.WorkloadKinds(), control.PolicyKinds(), control.Core("Service", "Namespace")),
	Kinds:    []control.Kind{{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"}, {Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"}},
	Require:  &control.Together{Check: checkWebhooks, Text: "network policies must keep other pods from the port of an admission webhook"},
	Risk:     "The API server reaches webhooks from outside of the pod network: allow its addresses, or the port from ipBlocks.",
	Fix:      control.Generate,
	NoFix:    "The addresses of the API server are those of the cluster.",
	Remedy:   "Add a NetworkPolicy for the pods of the webhook that allows its port from the addresses of the control plane only.",
	NoPolicy: "An admission policy sees one object at a time.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: network policies"},
		MITRE:  []string{"T1190"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/", "https://kubernetes.io/docs/concepts/security/security-checklist/#admission-controllers"},
	},
	Why: `A webhook parses whatever it is sent and often needs no login, as only the API server is meant to call it. IngressNightmare (CVE-2025-1974) took over
clusters from any pod that could reach the port of such a webhook.`,
	Examples: []control.Example{
		{
			Name: "open to all pods",
			Manifests: `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: check}
webhooks:
- name: check.example.com
  clientConfig: {service: {namespace: shop, name: web}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 443, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: registry.example.com/web:1, ports: [{containerPort: 8080}]}]}
`,
			Want: []string{"ValidatingWebhookConfiguration/check webhooks[0].clientConfig.service"},
		},
		{
			Name: "closed to pods",
			Manifests: `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: check}
webhooks:
- name: check.example.com
  clientConfig: {service: {namespace: shop, name: web}}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 443, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/28}}], ports: [{port: 8080}]}]
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
			Name: "a webhook whose pods are not here",
			Manifests: `{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: check}, webhooks: [{name: a, clientConfig: {service: {namespace: a, name: b}}}]}
`,
		},
	},
}

// checkWebhooks tells each service once, at the first webhook that is served by it.
func checkWebhooks(v *control.Verdicts) {
	told := map[string]bool{}
	for i := range v.Workloads.Webhooks {
		hook := &v.Workloads.Webhooks[i]
		key := hook.Namespace + "/" + hook.Service
		if told[key] {
			continue
		}
		told[key] = true
		open, judged := reachableService(v, hook)
		switch {
		case !judged:
			v.NotApplicable(1)
		case open == nil:
			v.Pass(1)
		default:
			v.Fail(control.Breach{
				Object: hook.Object, Path: hook.Path, Message: "is served by " + open.String() + ", which every pod of the cluster can reach",
				Related: []control.Decider{{Object: open.Object, Text: "takes connections from every pod"}},
			})
		}
	}
}

// reachableService returns a workload behind the service of a webhook that a pod of some other namespace can reach on its port. judged is
// false if no such workload is known.
func reachableService(v *control.Verdicts, hook *workload.Webhook) (open *workload.Workload, judged bool) {
	a := v.Connectivity()
	stranger := network.PodWith("a-namespace-of-somebody-else", nil)
	for _, s := range v.Index().Services(hook.Namespace) {
		service := &v.Workloads.Services[s]
		if service.Name != hook.Service {
			continue
		}
		for _, i := range v.Index().Workloads(hook.Namespace) {
			w := &v.Workloads.Workloads[i]
			if !service.Selects(w) || w.HostNetwork {
				continue
			}
			for _, port := range service.Ports {
				if port.Port != hook.Port && len(service.Ports) > 1 {
					continue
				}
				judged = true
				if number := w.Target(&port); number > 0 && a.Flow(stranger, network.OfWorkload(i), network.TCP, number).Ingress.Verdict == network.Allowed {
					return w, true
				}
			}
		}
	}
	return nil, judged
}
