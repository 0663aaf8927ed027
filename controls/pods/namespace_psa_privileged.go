package pods

import "github.com/kubeharden/kubeharden/control"

// NamespacePsaPrivileged: privileged is for the system's own namespaces.
var NamespacePsaPrivileged = control.Control{
	ID: "namespace-psa-privileged", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Use the privileged level only for named system namespaces",
	Scope:      control.Objects,
	Kinds:      namespaceKind,
	From:       23,
	Require:    &notInSystem{Rule: control.Not(psaEnforce, "privileged")},
	Params:     systemNamespaces,
	Suppresses: []string{"namespace-psa-below-baseline"},
	Risk:       "The API server refuses new pods that need the node.",
	Fix:        control.Advice,
	NoFix:      "Which of its pods need the node, only a person can say.",
	Remedy:     "Move what needs the node into a namespace of its own and give the rest baseline or restricted; name a namespace of the system in the setting systemNamespaces.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{psaDocs, podSecurityStandards},
	},
	Peers: control.Peers{
		Kyverno: []string{"psa/deny-privileged-profile", "psa/add-privileged-existing-namespaces"},
	},
	Why: `The level privileged switches Pod Security admission off: whoever may create a pod in the namespace can take over its node, and from there the
cluster. It belongs to the few namespaces of network, storage and node agents, which only administrators can deploy to.`,
	Good: []control.Change{
		{Path: psaEnforce, Value: "baseline"},
		{Path: psaEnforce, Name: "missing"},
		{Path: "metadata", Value: map[string]any{"name": "kube-system", "labels": psaLabelled("enforce", "privileged")}, Name: "of the system"},
	},
}
