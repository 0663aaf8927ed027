package pods

import "github.com/kubeharden/kubeharden/control"

// NamespacePsaWarnAuditMissing: the next level is announced before it is enforced.
var NamespacePsaWarnAuditMissing = control.Control{
	ID: "namespace-psa-warn-audit-missing", Section: "pod-security-standards", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title: "Set warn and audit labels one level above enforce",
	Scope: control.Objects,
	Kinds: namespaceKind,
	From:  23,
	Require: &notInSystem{listed: true, Rule: control.All(
		control.When(control.Is(psaEnforce, "baseline"), control.All(control.Is(psaWarn, "restricted"), control.Is(psaAudit, "restricted"))),
		control.When(control.Is(psaEnforce, "privileged"), control.All(
			control.In(psaWarn, "baseline", "restricted"), control.In(psaAudit, "baseline", "restricted"))),
	)},
	Params:  systemNamespaces,
	Risk:    "Nothing stops working: users see warnings, and the audit log has annotations.",
	Fix:     control.Auto,
	FixRisk: control.Safe,
	Remedy:  "Add the labels pod-security.kubernetes.io/warn and /audit with the level above the one that is enforced.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1610", "T1611"},
		Source: []string{psaDocs, psaLabels},
	},
	Peers: control.Peers{
		Kyverno: []string{"psa/add-psa-namespace-reporting"},
	},
	Why: `Without them nobody learns which pods keep a namespace from the next level until it is enforced and they are refused. Warnings reach the
person who deploys, audit annotations the people who watch; neither refuses anything. A namespace that enforces restricted needs none.`,
	Bad: []control.Change{
		{Path: "metadata.labels", Value: psaLabelled("enforce", "baseline"), Name: "neither"},
		{Path: "metadata.labels", Value: psaLabelled("enforce", "baseline", "warn", "restricted"), Name: "no audit"},
		{Path: "metadata.labels", Value: psaLabelled("enforce", "baseline", "warn", "baseline", "audit", "restricted"), Name: "the same level"},
		{Path: "metadata.labels", Value: psaLabelled("enforce", "privileged", "warn", "privileged", "audit", "baseline"), Name: "privileged"},
	},
	Good: []control.Change{
		{Path: psaWarn, Name: "missing"},
		{Path: "metadata.labels", Name: "missing"},
		{Path: "metadata.labels", Value: psaLabelled("enforce", "baseline", "warn", "restricted", "audit", "restricted"), Name: "one above"},
		{Path: "metadata.labels", Value: psaLabelled("enforce", "privileged", "warn", "baseline", "audit", "restricted"), Name: "above privileged"},
		{Path: "metadata", Value: map[string]any{"name": "kube-system", "labels": psaLabelled("enforce", "privileged")}, Name: "of the system"},
	},
}
