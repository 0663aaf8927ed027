package rbac

import "github.com/kubeharden/kubeharden/control"

// ModifyCELAdmissionPolicies: nobody changes policies.
var ModifyCELAdmissionPolicies = control.Control{
	ID: "rbac-modify-cel-admission-policies", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict write access to admission policies, bindings and the kinds of policy engines",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbidVerbs(policies...),
	Risk:    "Operators and pipelines that install policies, and those that write exceptions, are refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop all writing verbs; let one pipeline that is reviewed write policies and exceptions.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1562.001"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/", "https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/", "https://kyverno.io/docs/exceptions/", "https://open-policy-agent.github.io/gatekeeper/website/docs/howto/"},
	},
	Why: `A policy that is deleted, bound to nothing or given an exception refuses nothing any more, and nobody is told. A MutatingAdmissionPolicy
changes what others write, whatever its name is. For Kyverno, Gatekeeper and Kubewarden it is the same with their own kinds.`,
}

// policies are the rights to write what admission control decides by.
var policies = []right{
	{group: admissionGroup, resources: []string{
		"validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
	}, verbs: write, cluster: true},
	// Like a webhook, it can be made to match and change everything.
	{group: admissionGroup, resources: []string{"mutatingadmissionpolicies", "mutatingadmissionpolicybindings"}, verbs: edit, cluster: true, anyName: true},
	{group: "kyverno.io", resources: []string{"clusterpolicies", "policies", "policyexceptions"}, verbs: write},
	{group: "policies.kyverno.io", resources: []string{"*"}, verbs: write},
	{group: "templates.gatekeeper.sh", resources: []string{"constrainttemplates"}, verbs: write, cluster: true},
	{group: "constraints.gatekeeper.sh", resources: []string{"*"}, verbs: write, cluster: true},
	{group: "mutations.gatekeeper.sh", resources: []string{"*"}, verbs: write, cluster: true},
	{group: "config.gatekeeper.sh", resources: []string{"configs"}, verbs: write},
	{group: "policies.kubewarden.io", resources: []string{"*"}, verbs: write},
}
