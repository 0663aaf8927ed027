package secrets

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ExternalSecretAPIRetired: a Secret is still refreshed after the next upgrade.
var ExternalSecretAPIRetired = control.Control{
	ID: "external-secret-api-retired", Section: "external-secrets", Layer: control.Secrets, Severity: control.Medium, Since: "0.1",
	Title: "Use external-secrets.io/v1, the version that the operator serves",
	Scope: control.Objects,
	Kinds: []control.Kind{
		{Group: externalSecrets, Kind: "ExternalSecret"},
		{Group: externalSecrets, Kind: "ClusterExternalSecret"},
		{Group: externalSecrets, Kind: "SecretStore"},
		{Group: externalSecrets, Kind: "ClusterSecretStore"},
	},
	Require: &control.Func{
		Check: checkExternalVersion, Text: "apiVersion must be external-secrets.io/v1",
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			// Between v1beta1 and v1 no field changed that both have.
			if version := at.Get("apiVersion"); version.StrIs(externalSecrets + "/v1beta1") {
				out = append(out, control.Edit{Op: control.Set, At: version, Value: externalSecrets + "/v1"})
			}
			return out
		},
	},
	Risk:     "Operators before 0.16 do not know v1.",
	Fix:      control.Auto,
	NoPolicy: "Policies see an object in the version that they ask for, not in the one that it was written in.",
	Remedy:   "Change apiVersion to external-secrets.io/v1; from v1alpha1, dataFrom items change as well (key becomes extract.key).",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{"https://github.com/external-secrets/external-secrets/releases/tag/v0.17.0", "https://external-secrets.io/latest/api/externalsecret/", "https://github.com/external-secrets/external-secrets/issues/4633"},
	},
	Why: `The External Secrets Operator serves v1 since 0.16 and stopped serving v1beta1 with 0.17, without conversion. A manifest in an older version can no
longer be applied: the Secret stays as it was, rotated credentials never arrive, and a new namespace gets none at all.`,
	Bad: []control.Change{
		{Path: "apiVersion", Value: externalSecrets + "/v1beta1"},
		{Path: "apiVersion", Value: externalSecrets + "/v1alpha1", Name: "older"},
	},
	Good: []control.Change{
		{Path: "apiVersion", Value: externalSecrets + "/v1"},
	},
}

// externalSecrets is the API group of the External Secrets Operator.
const externalSecrets = "external-secrets.io"

func checkExternalVersion(s *control.Subject, at tree.Node, fail control.FailFunc) {
	if version := s.Object.Version(); strings.HasPrefix(version, "v1alpha") || strings.HasPrefix(version, "v1beta") {
		fail(control.Violation{At: at.Get("apiVersion"), Problem: "is " + s.Object.APIVersion + ", which the operator no longer serves; use " + externalSecrets + "/v1"})
	}
}
