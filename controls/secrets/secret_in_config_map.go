package secrets

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/secretscan"
	"github.com/kubeharden/kubeharden/tree"
)

// SecretInConfigMap: a ConfigMap is for everybody who may read the namespace.
var SecretInConfigMap = control.Control{
	ID: "secret-in-config-map", Section: "hard-coded", Layer: control.Secrets, Severity: control.High, Since: "0.1",
	Title:    "No credentials in ConfigMaps",
	Scope:    control.Objects,
	Kinds:    []control.Kind{{Kind: "ConfigMap"}},
	Require:  &control.Func{Check: checkConfigMap, Text: "no value of data or binaryData may hold a credential"},
	Fix:      control.Advice,
	NoFix:    "The credential is known to everybody who can read the manifest: only a person can rotate it and put the new one elsewhere.",
	NoPolicy: noRule,
	Risk:     "With the rotated credential whatever else still uses the old one is locked out.",
	Remedy:   "Rotate the credential, keep the new one in a secret manager or a Secret that is not in the repository, and leave only a reference in the ConfigMap.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.001"},
		Source: []string{"https://kubernetes.io/docs/concepts/configuration/configmap/", goodPractices},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0012"},
		Trivy:     []string{"KSV-0109", "KSV-01010"},
		Polaris:   []string{"sensitiveConfigmapContent"},
	},
	Why: `ConfigMaps are not encrypted at rest, are written to audit logs in full by many policies, and the role view, which is given freely, can read them but no
Secrets. A credential in one is known to all of these, and to everybody who can read the repository.`,
	Bad: []control.Change{
		{Path: "data", Name: "key", Value: map[string]any{"db_password": "hunter2"}},
		{Path: "data", Name: "in a file", Value: map[string]any{"app.properties": "db.user=app\ndb.password=hunter2\n"}},
		{Path: "data", Name: "URL in JSON", Value: map[string]any{"config.json": `{"url": "amqp://app:hunter2@mq/"}`}},
		{Path: "data", Name: "cloud", Value: map[string]any{"AWS_SECRET_ACCESS_KEY": "xxxxx"}},
		{Path: "data", Name: "key to be filled in", Value: map[string]any{"id": "-----BEGIN PRIVATE KEY-----\nxxxxxxxx\n-----END PRIVATE KEY-----\n"}},
		{Path: "binaryData", Value: map[string]any{"app.bin": "cGFzc3dvcmQ9aHVudGVyMgo="}},
	},
	Good: []control.Change{
		{Path: "data", Value: map[string]any{"db_user": "app", "password_file": "/run/secrets/db", "AZURE_CLIENT_SECRET": "${SECRET}", "config.yaml": "password: ${PASSWORD}\ntokenUrl: https://x/token\n"}},
	},
}

func checkConfigMap(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for key, n := range at.Get("data").Pairs() {
		value := textOf(n)
		if cloudCredential(key.Text()) && hasValue(value) || holdsKeyBlock(value) {
			if !fail(control.Violation{At: n, Problem: "is the place of a credential", Secret: true}) {
				return
			}
			continue
		}
		if m, ok := secretscan.Named(key.Text(), value); ok && !fail(holds(n, value, m, "")) {
			return
		}
	}
	for key, n := range at.Get("binaryData").Pairs() {
		if value, ok := decoded(n); ok {
			if m, found := secretscan.Named(key.Text(), value); found && !fail(holds(n, value, m, "encoded")) {
				return
			}
		}
	}
}
