package rbac

import "github.com/kubeharden/kubeharden/control"

// CreateServiceAccountTokens: nobody makes tokens of others.
var CreateServiceAccountTokens = control.Control{
	ID: "rbac-create-service-account-tokens", Section: "least-privilege", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Restrict create on serviceaccounts/token",
	Scope:   control.Objects,
	Kinds:   bothRoles,
	Unless:  maintained,
	Require: forbid(right{resources: []string{"serviceaccounts/token"}, verbs: []string{"create"}}),
	Risk:    "Whoever fetches tokens for service accounts, such as secret stores and kubectl create token, is refused.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Drop serviceaccounts/token, or list the accounts in resourceNames; pods get their tokens from projected volumes without this right.",
	Refs: control.Refs{
		CIS:    []string{"5.1.13"},
		NSA:    []string{"Authorization: RBAC"},
		MITRE:  []string{"T1528"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/concepts/security/rbac-good-practices/#token-request"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0282"},
		KubeBench: []string{"5.1.13"},
		Other:     []string{"rbac-police:token_request"},
	},
	Why: `A TokenRequest returns a token of the named service account, for the API server or any other audience and for as long as is asked. With it,
whoever holds the right is every service account of the namespace, or of the cluster, the most privileged controllers included.`,
}
