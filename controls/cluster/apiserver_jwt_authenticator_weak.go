package cluster

import (
	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ApiserverJWTAuthenticatorWeak: a token cannot say of its bearer whatever it likes.
var ApiserverJWTAuthenticatorWeak = control.Control{
	ID: "apiserver-jwt-authenticator-weak", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Give every JWT authenticator a prefix of its own, and claim rules for public issuers",
	Scope: control.Objects,
	Kinds: authentication,
	From:  29,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			config, _ := apiserverconfig.ReadAuthentication(at, 0)
			failWeak(config.WeakIssuers(), fail)
		},
		Text: "user names and groups of a token must have a prefix that is no name of the system, or a userValidationRule must keep such names out; " +
			"an issuer with tokens for everybody must have claimValidationRules",
	},
	Risk:     "With another prefix people have other names, and bindings to the old ones no longer apply.",
	Fix:      control.Advice,
	NoFix:    "Bindings name the users and groups as they are now, and which claims tell whom to trust only a person can say.",
	NoPolicy: noPolicyForFiles,
	Remedy: `Set claimMappings.username.prefix and groups.prefix to a text such as "oidc:", or add the userValidationRules
"!user.username.startsWith('system:')" and "user.groups.all(g, !g.startsWith('system:'))". For public issuers require the claim that names your organisation.`,
	Refs: control.Refs{
		NSA:    []string{nsaAuth},
		MITRE:  []string{"T1556", "T1078"},
		Source: []string{authnDocs + "#using-authentication-configuration", encryptionAPI + "#apiserver-config-k8s-io-v1-JWTAuthenticator"},
	},
	Why: `Without a prefix the identity provider decides who is system:masters: whoever may set a claim or make a group there takes over the cluster, past RBAC and
without a trace in it. A public issuer such as GitHub gives everybody a token for any audience; only a rule on its claims keeps strangers out.`,
	Bad: []control.Change{
		{Path: "jwt", Name: "no prefix", Value: []any{authenticator("", "oidc:", "https://idp.example.com")}},
		{Path: "jwt", Name: "groups without a prefix", Value: []any{authenticator("oidc:", "", "https://idp.example.com")}},
		{Path: "jwt", Name: "prefix of the system", Value: []any{authenticator("system:", "oidc:", "https://idp.example.com")}},
		{Path: "jwt", Name: "begins like the system", Value: []any{authenticator("sys", "oidc:", "https://idp.example.com")}},
		{Path: "jwt", Name: "same prefix", Value: []any{authenticator("a:", "a:", "https://idp.example.com"), authenticator("a:", "b:", "https://other.example.com")}},
		{Path: "jwt", Name: "everybody", Value: []any{authenticator("ci:", "ci:", "https://token.actions.githubusercontent.com")}},
	},
	Good: []control.Change{
		{Path: "jwt", Name: "none"},
		{Path: "jwt", Name: "kept out by rules", Value: []any{with(authenticator("", "", "https://idp.example.com"), "userValidationRules", []any{
			mapping{"expression": "!user.username.startsWith('system:')"}, mapping{"expression": "user.groups.all(g, !g.startsWith('system:'))"},
		})}},
		{Path: "jwt", Name: "one organisation", Value: []any{with(authenticator("ci:", "ci:", "https://token.actions.githubusercontent.com"), "claimValidationRules", []any{
			mapping{"claim": "repository_owner", "requiredValue": "example"},
		})}},
		{Path: "jwt", Name: "no groups", Value: []any{with(authenticator("oidc:", "", "https://idp.example.com"), "claimMappings", mapping{"username": mapping{"expression": "'oidc:' + claims.sub"}})}},
	},
}

// authenticator is a JWT authenticator with the given prefixes.
func authenticator(user, groups, issuer string) mapping {
	return mapping{
		"issuer":        mapping{"url": issuer, "audiences": []any{"kubernetes"}},
		"claimMappings": mapping{"username": mapping{"claim": "sub", "prefix": user}, "groups": mapping{"claim": "groups", "prefix": groups}},
	}
}

func with(m mapping, key string, value any) mapping {
	m[key] = value
	return m
}
