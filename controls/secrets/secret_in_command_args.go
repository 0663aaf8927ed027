package secrets

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/secretscan"
	"github.com/kubeharden/kubeharden/tree"
)

// SecretInCommandArgs: a command line is no place for a secret.
var SecretInCommandArgs = control.Control{
	ID: "secret-in-command-args", Section: "hard-coded", Layer: control.Secrets, Severity: control.High, Since: "0.1",
	Title:    "No credentials in command, args or probe headers",
	Scope:    control.Containers,
	Require:  &control.Func{Check: checkWords, Text: "no word of a command and no header of a probe may hold a credential"},
	Fix:      control.Advice,
	NoFix:    "The credential is known to everybody who can read the manifest: only a person can rotate it and put the new one elsewhere.",
	NoPolicy: noRule,
	Risk:     "With the rotated credential whatever else still uses the old one is locked out.",
	Remedy:   "Rotate the credential, mount the new one as a file, and let the program read it from there (--password-file).",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.001"},
		Source: []string{goodPractices, "https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/"},
	},
	Peers: control.Peers{
		Other: []string{"trivy-scanner:secret"},
	},
	Why: `The words of a command are in the manifest, in the process list of the container and of the node, and in the logs of whatever watches processes. All of
these are read by far more people and programs than the credential is for.`,
	Bad: []control.Change{
		{Path: "args", Value: []any{"--user=app", "--password=hunter2"}},
		{Path: "args", Name: "two words", Value: []any{"--db-password", "hunter2"}},
		{Path: "command", Value: []any{"sh", "-c", "curl -u app:hunter2 https://x; exec server"}},
		{Path: "livenessProbe", Value: map[string]any{"httpGet": map[string]any{"port": 8080, "httpHeaders": []any{map[string]any{"name": "Authorization", "value": "Basic YXBwOmh1bnRlcjI="}}}}},
		{Path: "lifecycle", Value: map[string]any{"preStop": map[string]any{"exec": map[string]any{"command": []any{"redis-cli", "--pass", "hunter2", "shutdown"}}}}},
	},
	Good: []control.Change{
		{Path: "args", Value: []any{"--password-file=/run/secrets/db", "--password=$(DB_PASSWORD)", "--token", "--verbose"}},
		{Path: "command", Value: []any{"sh", "-c", `exec server --password "$DB_PASSWORD" --secret-name shop-tls`}},
	},
}

// commands are the places in a container where commands stand, handlers those of requests.
var (
	commands = [][]string{
		{"command"},
		{"args"},
		{"lifecycle", "postStart", "exec", "command"},
		{"lifecycle", "preStop", "exec", "command"},
		{"livenessProbe", "exec", "command"},
		{"readinessProbe", "exec", "command"},
		{"startupProbe", "exec", "command"},
	}
	requests = [][]string{
		{"livenessProbe", "httpGet"},
		{"readinessProbe", "httpGet"},
		{"startupProbe", "httpGet"},
		{"lifecycle", "postStart", "httpGet"},
		{"lifecycle", "preStop", "httpGet"},
	}
)

func below(n tree.Node, path []string) tree.Node {
	for _, key := range path {
		n = n.Get(key)
	}
	return n
}

func checkWords(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, path := range commands {
		option := ""
		for _, n := range below(at, path).Items() {
			word := textOf(n)
			m, ok := secretscan.Has(word)
			if option != "" && !strings.HasPrefix(word, "-") {
				m, ok = secretscan.Named(option, word)
			}
			if ok && !fail(holds(n, word, m, option)) {
				return
			}
			option = ""
			if strings.HasPrefix(word, "-") && !strings.ContainsAny(word, "= ") {
				option = word
			}
		}
	}
	for _, path := range requests {
		for _, header := range below(at, path).Get("httpHeaders").Items() {
			n, name := header.Get("value"), header.Get("name").Text()
			value := textOf(n)
			if m, ok := secretscan.Named(name, value); ok && !fail(holds(n, value, m, name)) {
				return
			}
		}
	}
}
