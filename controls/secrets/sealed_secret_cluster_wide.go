package secrets

import "github.com/kubeharden/kubeharden/control"

// SealedSecretClusterWide: a sealed secret opens in one place only.
var SealedSecretClusterWide = control.Control{
	ID: "sealed-secret-cluster-wide", Section: "external-secrets", Layer: control.Secrets, Severity: control.Low, Since: "0.1",
	Title:   "Do not seal secrets for the whole cluster",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Group: "bitnami.com", Kind: "SealedSecret"}},
	Require: control.Not(`metadata.annotations["sealedsecrets.bitnami.com/cluster-wide"]`, "true"),
	Risk:    "Nothing stops working, as long as the secret is used under the name and in the namespace that it is sealed for.",
	Fix:     control.Advice,
	NoFix:   "The secret has to be sealed again: its scope is part of what is encrypted.",
	Remedy:  "Seal it again with kubeseal --scope strict, for the name and namespace where it is needed.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://github.com/bitnami-labs/sealed-secrets#scopes"},
	},
	Why: `A cluster-wide SealedSecret can be given any name and opened in any namespace: whoever can read the repository and deploy to a single namespace can
have it decrypted there. The usual scope binds it to its name and namespace.`,
	Good: []control.Change{
		{Path: `metadata.annotations["sealedsecrets.bitnami.com/namespace-wide"]`, Value: "true"},
	},
}
