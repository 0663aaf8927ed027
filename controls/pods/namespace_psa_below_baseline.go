package pods

import "github.com/kubeharden/kubeharden/control"

// NamespacePsaBelowBaseline: no namespace takes pods that are known to break out.
var NamespacePsaBelowBaseline = control.Control{
	ID: "namespace-psa-below-baseline", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Enforce at least baseline",
	Scope:      control.Objects,
	Kinds:      namespaceKind,
	From:       23,
	Require:    &notInSystem{Rule: control.In(psaEnforce, "baseline", "restricted")},
	Params:     systemNamespaces,
	Suppresses: []string{"namespace-psa-below-restricted"},
	Risk:       "The API server refuses new pods that need the node, such as those with host namespaces, hostPath volumes or privileged containers.",
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Remedy:     "Set pod-security.kubernetes.io/enforce to baseline, or better to restricted.",
	Refs: control.Refs{
		CIS:    []string{"5.2.2", "5.2.3", "5.2.4", "5.2.5", "5.2.10", "5.2.11", "5.2.12"},
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{psaDocs, podSecurityStandards},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0193", "C-0194", "C-0195", "C-0196", "C-0199", "C-0202", "C-0203", "C-0204"},
		Kyverno:   []string{"psa/deny-privileged-profile", "pod-security/podsecurity-subrule-baseline"},
	},
	Why: `Baseline refuses what is known to lead out of a container: privileged containers, host namespaces, hostPath volumes, dangerous capabilities.
Ordinary programs meet it without any change, so a namespace below it is open for nothing in return.`,
	Bad: []control.Change{
		{Path: psaEnforce, Value: "privileged"},
	},
	Good: []control.Change{
		{Path: psaEnforce, Value: "baseline"},
		{Path: "metadata", Value: map[string]any{"name": "kube-system"}, Name: "of the system"},
	},
}
