package rbac

import "github.com/kubeharden/kubeharden/control"

// ManageNetworking: nobody redirects traffic.
var ManageNetworking = control.Control{
	ID: "rbac-manage-networking", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:  "Restrict write access to services, ingresses, endpoints and network policies",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{resources: []string{"services", "endpoints"}, verbs: write},
		right{group: "discovery.k8s.io", resources: []string{"endpointslices"}, verbs: write},
		right{group: "networking.k8s.io", resources: []string{"ingresses", "networkpolicies"}, verbs: write},
	),
	Suppresses: []string{"rbac-endpoints-write"},
	Risk:       "Operators that publish what they deploy, and pipelines that apply manifests, are refused.",
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Remedy:     "Drop all writing verbs, or limit update, patch and delete by resourceNames; let the pipeline of the namespace write services, ingresses and policies.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC", "Network separation: network policies"},
		MITRE:  []string{"T1557", "T1562.007"},
		Source: []string{rbacDocs, "https://kubernetes.io/docs/concepts/services-networking/service/#external-ips", "https://kubernetes.io/docs/concepts/services-networking/network-policies/"},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0056"},
	},
	Why: `Whoever changes the selector of a Service, the backend of an Ingress or the addresses of an endpoint reads what was meant for another
program. externalIPs of a Service take traffic from the whole cluster (CVE-2020-8554), and a NetworkPolicy that is deleted or added opens
what was closed.`,
}
