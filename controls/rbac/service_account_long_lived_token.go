package rbac

import "github.com/kubeharden/kubeharden/control"

// ServiceAccountLongLivedToken: tokens end.
var ServiceAccountLongLivedToken = control.Control{
	ID: "service-account-long-lived-token", Section: "service-accounts", Layer: control.RBAC, Severity: control.High, Since: "0.1",
	Title:   "Replace token Secrets of service accounts by tokens that expire",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Kind: "Secret"}},
	Require: control.Not("type", "kubernetes.io/service-account-token"),
	Risk:    "Whatever logs in with the token, such as a build server, has to get one that expires instead.",
	Fix:     control.Advice,
	NoFix:   "Whether something outside of the cluster still uses the token, only a person can say.",
	Remedy:  "Delete the Secret; inside of the cluster use projected tokens, outside of it kubectl create token or the TokenRequest API, or better OIDC.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: protecting Pod service account tokens"},
		MITRE:  []string{"T1528", "T1552.007"},
		Source: []string{"https://kubernetes.io/docs/concepts/configuration/secret/#serviceaccount-token-secrets", "https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/deny-secret-service-account-token-type", "other/check-serviceaccount-secrets"},
	},
	Why: `The token in such a Secret never expires and is bound to no pod: a copy of it works until somebody deletes the Secret. Since Kubernetes 1.24 nobody makes
one by accident.`,
	Good: []control.Change{
		{Path: "type", Name: "missing"},
		{Path: "type", Value: "kubernetes.io/tls"},
	},
}
