package pods

import "github.com/kubeharden/kubeharden/control"

// NamespacePsaEnforceMissing: a namespace says which pods it takes.
var NamespacePsaEnforceMissing = control.Control{
	ID: "namespace-psa-enforce-missing", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title:      "Set the pod-security enforce label on every namespace",
	Scope:      control.Objects,
	Kinds:      namespaceKind,
	From:       23,
	Require:    &notInSystem{Rule: control.In(psaEnforce, "baseline", "restricted", "privileged")},
	Params:     systemNamespaces,
	Suppresses: []string{"namespace-psa-below-baseline", "namespace-psa-below-restricted"},
	Risk:       "The API server refuses new pods of the namespace that do not meet the level; running ones stay.",
	Fix:        control.Auto,
	FixRisk:    control.Breaking,
	Remedy:     "Add the label pod-security.kubernetes.io/enforce: restricted, or baseline as a first step; kubectl label --dry-run=server names the pods that would not meet it.",
	Refs: control.Refs{
		CIS:    []string{"5.2.1"},
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{psaDocs, psaLabels},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0192"},
		Kyverno:   []string{"psa/add-psa-labels"},
		KubeBench: []string{"5.2.1"},
	},
	Why: `Without the label a namespace takes what the API server's own configuration says, which is anything unless somebody changed it: a user
who may create pods there can create a privileged one and owns the node. A value that is no level is worse than none: the API server refuses
to create the namespace, and reads it as restricted where it is there already.`,
	Bad: []control.Change{
		{Path: psaEnforce, Value: "Restricted", Name: "upper case"},
		{Path: psaEnforce, Value: ""},
		{Path: "metadata.labels", Name: "missing"},
	},
	Good: []control.Change{
		{Path: psaEnforce, Value: "baseline"},
		{Path: "metadata", Value: map[string]any{"name": "kube-system"}, Name: "of the system"},
	},
}
