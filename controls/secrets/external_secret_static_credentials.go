package secrets

import "github.com/kubeharden/kubeharden/control"

// ExternalSecretStaticCredentials: a store logs in with an identity, not with a key.
var ExternalSecretStaticCredentials = control.Control{
	ID: "external-secret-static-credentials", Section: "external-secrets", Layer: control.Secrets, Severity: control.Medium, Since: "0.1",
	Title: "Let secret stores log in by workload identity, not by a stored key",
	Scope: control.Objects,
	Kinds: []control.Kind{{Group: externalSecrets, Kind: "SecretStore"}, {Group: externalSecrets, Kind: "ClusterSecretStore"}},
	Require: control.All(
		control.Absent("spec.provider.aws.auth.secretRef"),
		control.Absent("spec.provider.gcpsm.auth.secretRef"),
		control.Any(
			control.Absent("spec.provider.azurekv.authSecretRef"),
			control.In("spec.provider.azurekv.authType", "WorkloadIdentity", "ManagedIdentity"),
		),
		control.Absent("spec.provider.vault.auth.tokenSecretRef"),
		control.Absent("spec.provider.vault.auth.appRole"),
		control.Absent("spec.provider.vault.auth.ldap"),
		control.Absent("spec.provider.vault.auth.userPass"),
		control.Absent("spec.provider.vault.auth.jwt.secretRef"),
		control.Absent("spec.provider.vault.auth.kubernetes.secretRef"),
		control.Absent("spec.provider.vault.auth.iam.secretRef"),
		control.Absent("spec.provider.alibaba.auth.secretRef"),
		control.Absent("spec.provider.oracle.auth.secretRef"),
		control.Absent("spec.provider.akeyless.authSecretRef.secretRef"),
		control.Absent("spec.provider.kubernetes.auth.token"),
		control.Absent("spec.provider.kubernetes.auth.cert"),
	),
	Risk:   "The store cannot read anything until its identity has the rights that the key had.",
	Fix:    control.Advice,
	NoFix:  "The identity has to be made at the provider first.",
	Remedy: "Let the provider trust the service account: auth.jwt.serviceAccountRef (AWS), auth.workloadIdentity (GCP), authType: WorkloadIdentity (Azure), auth.kubernetes.serviceAccountRef (Vault); then delete the key.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://external-secrets.io/latest/provider/aws-access/", "https://external-secrets.io/latest/provider/hashicorp-vault/", "https://external-secrets.io/latest/provider/azure-key-vault/", "https://external-secrets.io/latest/provider/google-secrets-manager/"},
	},
	Why: `The key that opens the external store is itself a Secret in the cluster: it does not expire, and whoever reads it reads everything behind it, from
anywhere. With workload identity the store proves itself with a token of its service account that lives for an hour. Providers that know
only keys are not meant.`,
	Good: []control.Change{
		{Path: "spec.provider", Value: map[string]any{"azurekv": map[string]any{"authType": "WorkloadIdentity", "authSecretRef": map[string]any{}}}, Name: "Azure identity"},
		{Path: "spec.provider", Value: map[string]any{"doppler": map[string]any{"auth": map[string]any{"secretRef": map[string]any{}}}}, Name: "provider that knows only keys"},
	},
}
