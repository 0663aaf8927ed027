package rbac

import "github.com/kubeharden/kubeharden/control"

// GuardrailsWrite: nobody moves the own fence.
var GuardrailsWrite = control.Control{
	ID: "rbac-guardrails-write", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:  "Let no tenant edit its own quotas, limit ranges or network policies",
	Scope:  control.Objects,
	Kinds:  bothRoles,
	Unless: maintained,
	Require: forbidVerbs(
		right{resources: []string{"resourcequotas", "limitranges"}, verbs: []string{"update", "patch", "delete", "deletecollection"}},
		right{group: "networking.k8s.io", resources: []string{"networkpolicies"}, verbs: write},
		right{group: "projectcalico.org", resources: []string{"networkpolicies"}, verbs: write},
		right{group: "crd.projectcalico.org", resources: []string{"networkpolicies"}, verbs: write},
		right{group: "cilium.io", resources: []string{"ciliumnetworkpolicies"}, verbs: write},
	),
	Risk:    "Tenants and their pipelines can no longer change quotas, limits and network policies, and have to ask.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop the writing verbs from what tenants get; let the platform own quotas, limit ranges and network policies.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC", "Network separation: network policies", "Network separation: resource policies"},
		MITRE:  []string{"T1562.001", "T1562.007"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/multi-tenancy/", rbacDocs},
	},
	Peers: control.Peers{
		Trivy: []string{"KSV-0056"},
	},
	Why: `Quotas, limit ranges and network policies hold a tenant back, and with them in hand the tenant, or whoever broke into one of its programs,
is held back by nothing. Network policies add up, so that creating one is enough to open everything; a second quota opens nothing.`,
}
