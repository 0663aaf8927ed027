package pods

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// RemoteScriptInCommand: a container runs what was in its image when it was scanned.
var RemoteScriptInCommand = control.Control{
	ID: "remote-script-in-command", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not pipe downloads into a shell in command/args/lifecycle",
	Scope:   control.Containers,
	Require: &control.Func{Check: checkRemoteScripts, Text: "command, args, hooks and probes must not run what they download", Expr: remoteScriptCEL},
	Fix:     control.Advice,
	NoFix:   "The script belongs into the image, which only its authors can build.",
	Risk:    "What the script installed has to be in the image.",
	Remedy:  "Build the script, or what it installs, into the image; if that cannot be, check the download against a digest before it runs.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1059", "T1105"},
		Source: []string{"https://kubernetes.io/docs/concepts/security/application-security-checklist/", "https://attack.mitre.org/techniques/T1105/"},
	},
	Why: `A script that is downloaded at every start runs with the rights of the container, and nobody has scanned, signed or pinned it. Whoever holds the server, its name or the
line to it decides what the pod does, and every restart can bring another version.`,
	Bad: []control.Change{
		{Path: "command", Value: []any{"sh", "-c", "curl -sSL https://get.example.com | sh"}},
		{Path: "args", Value: []any{"wget -qO- https://get.example.com/x.py | sudo python3 - && run"}},
		{Path: "args", Value: []any{"bash <(curl -s https://get.example.com)"}},
		{Path: "args", Value: []any{`bash -c "$(curl -fsSL https://get.example.com)"`}},
		{Path: "lifecycle", Value: map[string]any{"postStart": map[string]any{"exec": map[string]any{"command": []any{"sh", "-c", "eval $(wget -O - http://x)"}}}}},
	},
	Good: []control.Change{
		{Path: "args", Value: []any{"curl -s https://api.example.com/x | jq .name > /tmp/x; sh /app/start.sh"}},
		{Path: "args", Value: []any{"curl -sf localhost:8080/ready || sh -c 'exit 1'"}},
		{Path: "args", Value: []any{`TOKEN="$(curl -s http://169.254.169.254/token)" exec server`}},
	},
}

// remoteScripts finds downloads that are run: piped into an interpreter, or substituted into a command that evaluates them.
var remoteScripts = newPattern(`\b(curl|wget)\s[^|;&\n]*\|\s*(sudo\s+(-\S+\s+)*)?(\S*/)?(env\s+)?((ba|da|a|k|z)?sh|python[0-9.]*|perl|ruby|node|php)(\s|$|[;&|)"'])` +
	`|\b((ba|da|a|k|z)?sh|source|eval|python[0-9.]*)\s+(-\S+\s+)*["']?(<\(|\$\(|` + "`" + `)\s*(curl|wget)\s`)

// scripts are the places in a container where commands stand.
var scripts = [][]string{
	{"command"},
	{"args"},
	{"lifecycle", "postStart", "exec", "command"},
	{"lifecycle", "preStop", "exec", "command"},
	{"livenessProbe", "exec", "command"},
	{"readinessProbe", "exec", "command"},
	{"startupProbe", "exec", "command"},
}

func checkRemoteScripts(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, path := range scripts {
		n := at
		for _, key := range path {
			n = n.Get(key)
		}
		for _, word := range n.Items() {
			text := word.Text()
			if (strings.Contains(text, "curl") || strings.Contains(text, "wget")) && remoteScripts.matches(text) &&
				!fail(control.Violation{At: word, Problem: "runs a script that it downloads"}) {
				return
			}
		}
	}
}

func remoteScriptCEL(c control.CEL) string {
	lists := make([]string, len(scripts))
	for i, path := range scripts {
		lists[i] = c.At + ".?" + strings.Join(path, ".?") + ".orValue([])"
	}
	return "!(" + strings.Join(lists, " + ") + ").exists(w, w.matches(" + control.Quote(remoteScripts.text) + "))"
}
