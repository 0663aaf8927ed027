package rbac

import "github.com/kubeharden/kubeharden/control"

// SecretsWriteMintsTokens: nobody makes Secrets at will.
var SecretsWriteMintsTokens = control.Control{
	ID: "rbac-secrets-write-mints-tokens", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict create and update of Secrets: a token Secret is any service account",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbidVerbs(right{resources: []string{"secrets"}, verbs: change}),
	Risk:    "Operators that write credentials for others, such as certificate controllers, cannot store them.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop create, update and patch on secrets, or keep update and patch for the names in resourceNames; keep such operators in a namespace of their own.",
	Refs: control.Refs{
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1528"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"access-to-secrets"},
		Trivy:      []string{"KSV-0041", "KSV-0113"},
		Other:      []string{"rbac-police:issue_token_secrets"},
	},
	Why: `A Secret of type kubernetes.io/service-account-token that names a service account is filled with a token of it that never expires: whoever
may create one and read it back becomes any account of the namespace. With update or patch alone, the password that another program uses can
be replaced.`,
}
