package secrets

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/secretscan"
	"github.com/kubeharden/kubeharden/tree"
)

// HardCodedSecretInEnv: what is written in a manifest is no secret.
var HardCodedSecretInEnv = control.Control{
	ID: "hard-coded-secret-in-env", Section: "hard-coded", Layer: control.Secrets, Severity: control.Critical, Since: "0.1",
	Title:    "No literal credentials in env values",
	Scope:    control.Containers,
	Require:  &control.Func{Check: checkEnv, Text: "no value of env may be a credential"},
	Fix:      control.Advice,
	NoFix:    "The credential is known to everybody who can read the manifest: only a person can rotate it and put the new one elsewhere.",
	NoPolicy: noRule,
	Risk:     "With the rotated credential whatever else still uses the old one is locked out.",
	Remedy:   "Rotate the credential, keep the new one in a secret manager or a Secret that is not in the repository, and mount it as a file.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.001"},
		Source: []string{goodPractices, "https://cheatsheetseries.owasp.org/cheatsheets/Secrets_Management_Cheat_Sheet.html"},
	},
	Peers: control.Peers{
		KubeLinter: []string{"env-var-secret"},
		Kubescape:  []string{"C-0012", "C-0259"},
		Polaris:    []string{"sensitiveContainerEnvVar"},
		Other:      []string{"checkov-scanner:CKV_SECRET_*", "trivy-scanner:secret"},
	},
	Why: `A manifest is copied into repositories, pipelines, chat and backups, and stays in their history. Everybody who may read pods, which many roles allow, sees
it too. A credential in it must be taken for known, so rotating it comes before moving it.`,
	Bad: []control.Change{
		{Path: "env", Name: "password", Value: []any{map[string]any{"name": "DB_PASSWORD", "value": "hunter2"}}},
		{Path: "env", Name: "default password", Value: []any{map[string]any{"name": "ADMIN_PASSWORD", "value": "changeme"}}},
		{Path: "env", Name: "URL", Value: []any{map[string]any{"name": "A", "value": "b"}, map[string]any{"name": "DATABASE_URL", "value": "postgres://app:hunter2@db/app"}}},
	},
	Good: []control.Change{
		{Path: "env", Name: "reference", Value: []any{map[string]any{"name": "DB_PASSWORD", "valueFrom": map[string]any{"fieldRef": map[string]any{"fieldPath": "metadata.name"}}}}},
		{Path: "env", Name: "file", Value: []any{map[string]any{"name": "DB_PASSWORD_FILE", "value": "/run/secrets/db"}}},
		{Path: "env", Name: "variable", Value: []any{map[string]any{"name": "DB_PASSWORD", "value": "$(OTHER)"}, map[string]any{"name": "SECRET_NAME", "value": "shop-tls"}}},
	},
}

func checkEnv(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, e := range at.Get("env").Items() {
		n, name := e.Get("value"), e.Get("name").Text()
		value := textOf(n)
		if cloudCredential(name) && hasValue(value) {
			if !fail(control.Violation{At: n, Problem: "is the value of " + control.Quote(name) + ", a cloud credential", Secret: true}) {
				return
			}
			continue
		}
		if m, ok := secretscan.Named(name, value); ok && !fail(holds(n, value, m, name)) {
			return
		}
	}
}
