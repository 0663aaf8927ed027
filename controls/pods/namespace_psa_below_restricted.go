package pods

import "github.com/kubeharden/kubeharden/control"

// NamespacePsaBelowRestricted: namespaces of tenants take hardened pods only.
var NamespacePsaBelowRestricted = control.Control{
	ID: "namespace-psa-below-restricted", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Enforce restricted on tenant namespaces",
	Scope:   control.Objects,
	Kinds:   namespaceKind,
	From:    23,
	Require: &notInSystem{Rule: control.Is(psaEnforce, "restricted")},
	Params:  systemNamespaces,
	Risk:    "The API server refuses new pods that run as root, keep capabilities or have no seccomp profile: fix the workloads first.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Fix the pods that the labels warn and audit: restricted name, then set pod-security.kubernetes.io/enforce to restricted.",
	Refs: control.Refs{
		CIS:    []string{"5.2.6", "5.2.7", "5.2.8", "5.2.9"},
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{psaDocs, podSecurityStandards},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0197", "C-0198", "C-0200", "C-0201"},
		Kyverno:   []string{"pod-security/podsecurity-subrule-restricted", "pod-security/podsecurity-subrule-restricted-capabilities", "pod-security/podsecurity-subrule-restricted-seccomp", "other/apply-pss-restricted-profile"},
	},
	Why: `Baseline still takes pods that run as root with a full set of capabilities and no seccomp profile, which is what most escapes need.
Restricted refuses them, so that every workload control of that level holds for whatever is deployed next.`,
	Bad: []control.Change{
		{Path: psaEnforce, Value: "baseline"},
		{Path: psaEnforce, Value: "privileged"},
	},
	Good: []control.Change{
		{Path: "metadata", Value: map[string]any{"name": "kube-system"}, Name: "of the system"},
	},
}
