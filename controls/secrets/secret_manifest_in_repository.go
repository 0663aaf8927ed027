package secrets

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/secretscan"
	"github.com/kubeharden/kubeharden/tree"
)

// SecretManifestInRepository: base64 is no encryption.
var SecretManifestInRepository = control.Control{
	ID: "secret-manifest-in-repository", Section: "hard-coded", Layer: control.Secrets, Severity: control.High, Since: "0.1",
	Title:    "No plain Secret manifests (data/stringData with real values) in git, charts or values",
	Scope:    control.Objects,
	Written:  true,
	Kinds:    []control.Kind{{Kind: "Secret"}},
	Require:  &control.Func{Check: checkSecretManifest, Text: "a Secret in a repository must not hold real values"},
	Fix:      control.Generate,
	NoFix:    "The value must be rotated, and a SealedSecret, SOPS file or ExternalSecret takes the place of the manifest.",
	NoPolicy: "In the cluster Secrets hold their values; this is about the manifest.",
	Risk:     "With the rotated credential whatever else still uses the old one is locked out.",
	Remedy:   "Rotate the value; keep the new one in a secret manager (ExternalSecret) or encrypted in the repository (SealedSecret, SOPS), and delete this manifest.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.001"},
		Source: []string{goodPractices, secretDocs},
	},
	Peers: control.Peers{
		Other: []string{"semgrep:secrets-in-config-file", "trivy-scanner:secret", "checkov-scanner:CKV_SECRET_*"},
	},
	Why: `The data of a Secret is only encoded: everybody who can read the repository, its forks, its backups or the pipeline has the value, for as long as the history lasts.
Empty values and placeholders that a pipeline fills in are fine, and so is what SOPS has encrypted.`,
	Bad: []control.Change{
		{Path: "data", Value: map[string]any{"password": "aHVudGVyMg=="}},
		{Path: "stringData", Value: map[string]any{"token": "3f9a1c7e5b2d8046aa"}},
		{Path: "stringData", Name: "in a file", Value: map[string]any{"config.ini": "[db]\nuser = app\npassword = hunter2\n"}},
		{Path: "data", Name: "registry", Value: map[string]any{".dockerconfigjson": "eyJhdXRocyI6eyJyZWdpc3RyeS5leGFtcGxlLmNvbSI6eyJhdXRoIjoiWVhCd09taDFiblJsY2pJPSJ9fX0="}},
	},
	Good: []control.Change{
		{Path: "data", Name: "empty", Value: map[string]any{"password": "", "token": "PHRva2VuPg=="}},
		{Path: "stringData", Name: "placeholder", Value: map[string]any{"password": "${DB_PASSWORD}", "username": "admin"}},
		{Path: "data", Name: "encrypted by SOPS", Value: map[string]any{"password": "ENC[AES256_GCM,data:q7Rk2Lz9,iv:Xw4Tn8,tag:Vb3M==,type:str]"}},
		{Path: "data", Name: "certificate of an authority", Value: map[string]any{"ca.crt": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUI="}},
	},
}

// checkSecretManifest passes over releases of Helm, which it writes itself and which are no manifests of anybody.
func checkSecretManifest(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	if at.Get("sops").Kind() == tree.Mapping || strings.HasPrefix(at.Get("type").Text(), "helm.sh/release") {
		return
	}
	for key, n := range at.Get("data").Pairs() {
		value, ok := decoded(n)
		if !ok {
			value = textOf(n)
		}
		if m, found := secretscan.Stored(key.Text(), value); found && !fail(holds(n, value, m, "")) {
			return
		}
	}
	for key, n := range at.Get("stringData").Pairs() {
		value := textOf(n)
		if m, found := secretscan.Stored(key.Text(), value); found && !fail(holds(n, value, m, "")) {
			return
		}
	}
}
