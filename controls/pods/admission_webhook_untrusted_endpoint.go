package pods

import (
	"net"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/workload"
)

// AdmissionWebhookUntrustedEndpoint: who sees every request is known, and there.
var AdmissionWebhookUntrustedEndpoint = control.Control{
	ID: "admission-webhook-untrusted-endpoint", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title: "Let admission webhooks be services of the cluster that exist, with a valid authority",
	Scope: control.Everything,
	Needs: control.Core("Service"),
	Kinds: []control.Kind{{Group: admissionGroup, Kind: "ValidatingWebhookConfiguration"}, {Group: admissionGroup, Kind: "MutatingWebhookConfiguration"}},
	Require: &control.Together{
		Check: checkEndpoints,
		Text:  "a webhook must be a service of the cluster that is there, and its caBundle must not have expired",
	},
	Params: []control.Param{{
		Name: "allowedHosts", Doc: "hosts outside of the cluster that may answer for webhooks", Default: []string{}, Example: []string{"admission.example.com"},
		Valid: func(v string) bool { return v != "" && !strings.ContainsAny(v, "/:* ") },
	}},
	Risk:     "While nothing answers, requests are refused, or pass unseen where failurePolicy is Ignore.",
	Fix:      control.Advice,
	NoFix:    "Which service is meant, only a person can say.",
	NoPolicy: noPolicyForPolicies,
	Remedy:   "Name a service of the cluster in clientConfig.service; have cert-manager fill in caBundle (cert-manager.io/inject-ca-from) and renew it.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001", "T1557"},
		Source: []string{webhookDocs, "https://cert-manager.io/docs/concepts/ca-injector/"},
	},
	Why: `A webhook is shown whole objects, Secrets with their values among them, and a mutating one may change them. A URL sends them out of the cluster, to
whoever answers for the name. A service that is missing, or an authority that has expired, answers never: what should be checked is refused, or passes.`,
	Examples: []control.Example{
		{
			Name: "outside, missing, expired",
			Manifests: `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: check, annotations: {cert-manager.io/inject-ca-from: policy/ca}}
webhooks:
- {name: a, clientConfig: {url: "https://admission.example.net/check"}}
- {name: b, clientConfig: {service: {namespace: policy, name: missing}}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: change}
webhooks:
- name: c
  clientConfig: {caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJCakNCcmFBREFnRUNBZ0VCTUFvR0NDcUdTTTQ5QkFNQ01BMHhDekFKQmdOVkJBTVRBbU5oTUI0WERUSXcKTURFd01UQXdNREF3TUZvWERUSXhNREV3TVRBd01EQXdNRm93RFRFTE1Ba0dBMVVFQXhNQ1kyRXdXVEFUQmdjcQpoa2pPUFFJQkJnZ3Foa2pPUFFNQkJ3TkNBQVI2KzFmeDNlVytkOG5ERngwODBPYm5GWEpsd0hBbHp4dHhUTktNCllqRUJjTW1pUVlSeUFDTkEyNllQM1BSY1UzZmhSTFpNMmRCM1pNdFdsQnF5RnBITU1Bb0dDQ3FHU000OUJBTUMKQTBnQU1FVUNJUURncGIydEpqbjZuSHZjSmdjSTNGNWtSTTd0VjBNQmdFcFhRYTlSSjZndCtnSWdYa1h3NXVLOApuV1RzSUc4bFcyQmNOeUtWUjdSSGJEd0VmeGUvV3J6UkVlQT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=, service: {namespace: policy, name: webhook}}
---
{apiVersion: v1, kind: Service, metadata: {name: webhook, namespace: policy}}
`,
			Want: []string{
				"ValidatingWebhookConfiguration/check webhooks[0].clientConfig.url", "ValidatingWebhookConfiguration/check webhooks[1].clientConfig.service.name",
				"MutatingWebhookConfiguration/change webhooks[0].clientConfig.caBundle",
			},
		},
		{
			Name: "a service, an allowed host, the same node",
			Manifests: `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: check, annotations: {cert-manager.io/inject-ca-from: policy/ca}}
webhooks:
- {name: a, clientConfig: {url: "https://admission.example.com/check"}}
- {name: b, clientConfig: {service: {namespace: policy, name: webhook}}}
- {name: c, clientConfig: {service: {namespace: not-known, name: webhook}}}
- {name: d, clientConfig: {url: "https://127.0.0.1:23443/mutate"}}
- {name: e, clientConfig: {url: "https://webhook.policy.svc:443/mutate"}}
- {name: f, clientConfig: {service: {namespace: policy, name: put-there-later}}}
---
{apiVersion: v1, kind: Service, metadata: {name: webhook, namespace: policy}}
---
{apiVersion: v1, kind: Service, metadata: {name: put-there-later}}
`,
		},
	},
}

func checkEndpoints(v *control.Verdicts) {
	endpoints := v.Workloads.Governance.Admission.Endpoints
	for i := range endpoints {
		e := &endpoints[i]
		b, ok := endpointBreach(v, e)
		if ok {
			v.Pass(1)
			continue
		}
		b.Object = e.Object
		v.Fail(b)
	}
}

func endpointBreach(v *control.Verdicts, e *workload.Endpoint) (b control.Breach, ok bool) {
	switch {
	case e.Host != "" && !isInside(e.Host) && !slices.Contains(v.Params["allowedHosts"], e.Host) && !strings.ContainsAny(e.Host, "{}$"):
		return control.Breach{Path: e.Path + ".url", Message: "sends what it checks to " + e.Host + ", outside of the cluster"}, false
	case e.Service != "" && isMissing(v, e):
		return control.Breach{Path: e.Path + ".service.name", Message: "is answered by service " + e.Namespace + "/" + e.Service + ", which is not among those of its namespace"}, false
	case e.HasCA && !e.Filled && !e.Until.IsZero() && !v.Now.IsZero() && e.Until.Before(v.Now):
		return control.Breach{Path: e.Path + ".caBundle", Message: "trusts an authority that expired on " + e.Until.UTC().Format("2006-01-02")}, false
	}
	return b, true
}

// isInside reports whether a host is in the cluster, or is the node of the API server itself.
func isInside(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	return host == "localhost" || strings.HasSuffix(host, ".svc") || strings.HasSuffix(host, ".svc.cluster.local") || strings.HasSuffix(host, ".cluster.local")
}

// isMissing reports whether other services of the namespace are known, and not this one. A service that names no namespace may be put into
// this one.
func isMissing(v *control.Verdicts, e *workload.Endpoint) bool {
	services := v.Index().Services(e.Namespace)
	if len(services) == 0 {
		return false
	}
	return !slices.ContainsFunc(v.Workloads.Services, func(s workload.Service) bool {
		return s.Name == e.Service && (s.Namespace == e.Namespace || v.Afloat(s.Object))
	})
}
