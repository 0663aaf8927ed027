package pods

import (
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// DebugModeEnabled: a debugger is a shell with another name.
var DebugModeEnabled = control.Control{
	ID: "debug-mode-enabled", Section: "other", Layer: control.Pods, Severity: control.Medium, Since: "0.1",
	Title:   "Do not ship debug modes (FLASK_DEBUG, node --inspect, JDWP, delve)",
	Scope:   control.Containers,
	Require: &control.Func{Check: checkDebugMode, Text: "env, command and args must not start a debugger or a debug mode", Expr: debugModeCEL},
	Fix:     control.Advice,
	NoFix:   "The setting can be one word of a longer script or of a list of options.",
	Risk:    "Debuggers no longer attach, and errors show no stack trace on the page.",
	Remedy:  "Remove the variable or option; debug in an environment of your own, or from an ephemeral container.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1190"},
		Source: []string{"https://flask.palletsprojects.com/en/stable/debugging/", "https://nodejs.org/en/learn/getting-started/debugging", "https://docs.djangoproject.com/en/stable/ref/settings/#debug"},
	},
	Peers: control.Peers{
		Other: []string{"semgrep:flask-debugging-enabled"},
	},
	Why: `Whoever reaches a debugger runs code in the program: the protocols of node, Java, delve and debugpy ask for no password, and neither does the console on Flask's error
pages for long. Debug modes also show source code, settings and variables to every visitor who causes an error.`,
	Bad: []control.Change{
		{Path: "env", Name: "FLASK_DEBUG", Value: []any{map[string]any{"name": "FLASK_DEBUG", "value": "1"}}},
		{Path: "env", Name: "DJANGO_DEBUG", Value: []any{map[string]any{"name": "DJANGO_DEBUG", "value": "True"}}},
		{Path: "env", Name: "FLASK_ENV", Value: []any{map[string]any{"name": "FLASK_ENV", "value": "development"}}},
		{Path: "env", Name: "NODE_OPTIONS", Value: []any{map[string]any{"name": "NODE_OPTIONS", "value": "--max-old-space-size=512 --inspect=0.0.0.0:9229"}}},
		{Path: "env", Name: "JAVA_TOOL_OPTIONS", Value: []any{map[string]any{"name": "JAVA_TOOL_OPTIONS", "value": "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005"}}},
		{Path: "command", Value: []any{"node", "--inspect-brk", "server.js"}},
		{Path: "args", Value: []any{"sh", "-c", "exec dlv --listen=:40000 --headless=true exec /app"}},
		{Path: "command", Value: []any{"dlv", "exec", "/app"}},
		{Path: "command", Value: []any{"python", "-m", "debugpy --listen 0.0.0.0:5678", "app.py"}},
		{Path: "args", Value: []any{"sh", "-c", "flask --app web run --debug"}},
	},
	Good: []control.Change{
		{Path: "env", Name: "off", Value: []any{map[string]any{"name": "FLASK_DEBUG", "value": "0"}, map[string]any{"name": "APP_DEBUG", "value": "false"}}},
		{Path: "env", Name: "verbose logs", Value: []any{map[string]any{"name": "DEBUG", "value": "express:*"}, map[string]any{"name": "LOG_LEVEL", "value": "debug"}}},
		{Path: "env", Name: "from elsewhere", Value: []any{map[string]any{"name": "FLASK_DEBUG"}}},
		{Path: "args", Value: []any{"--debug", "--inspection=off", "--address=:5005"}},
	},
}

// debugVariables are switches of debug modes, and debugEnvironments variables that name the environment.
var (
	debugVariables    = []string{"APP_DEBUG", "DJANGO_DEBUG", "FLASK_DEBUG", "SYMFONY_DEBUG", "WERKZEUG_DEBUG"}
	debugEnvironments = []string{"FLASK_ENV", "RACK_ENV", "RAILS_ENV"}
	debugOn           = newPattern(`^(?i:1|true|yes|on)$`)
	debugEnvironment  = newPattern(`^(?i:dev|development)$`)
	// debuggers are options and commands that start one.
	debuggers = newPattern(`(^|[\s'"])--inspect(-brk|-wait)?([=\s'"]|$)|-agentlib:jdwp|-Xrunjdwp|(^|[\s/;&|])(dlv|debugpy)(\s|$)|\bflask\s.*--debug\b`)
)

// startsDebugger spares most words the regular expression.
func startsDebugger(text string) bool {
	for _, part := range [...]string{"--inspect", "jdwp", "dlv", "debug"} {
		if strings.Contains(text, part) {
			return debuggers.matches(text)
		}
	}
	return false
}

// debugs says what of debugging an environment variable turns on, "" if nothing.
func debugs(name, value string) string {
	switch {
	case slices.Contains(debugVariables, name) && debugOn.matches(value), slices.Contains(debugEnvironments, name) && debugEnvironment.matches(value):
		return "turns on the debug mode (" + name + ")"
	case (strings.HasSuffix(name, "OPTIONS") || strings.HasSuffix(name, "OPTS")) && startsDebugger(value):
		return "starts a debugger (" + name + ")"
	}
	return ""
}

func checkDebugMode(_ *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, e := range at.Get("env").Items() {
		n := e.Get("value")
		if problem := debugs(e.Get("name").Text(), n.Text()); problem != "" && !fail(control.Violation{At: n, Problem: problem}) {
			return
		}
	}
	for _, list := range [...]tree.Node{at.Get("command"), at.Get("args")} {
		for _, word := range list.Items() {
			if startsDebugger(word.Text()) && !fail(control.Violation{At: word, Problem: "starts a debugger"}) {
				return
			}
		}
	}
}

func debugModeCEL(c control.CEL) string {
	value := "e.?value.orValue('')"
	matches := func(p *pattern) string { return value + ".matches(" + control.Quote(p.text) + ")" }
	return "(!" + c.At + ".?env.orValue([]).exists(e, e.name in " + control.QuoteAll(debugVariables) + " && " + matches(debugOn) +
		" || e.name in " + control.QuoteAll(debugEnvironments) + " && " + matches(debugEnvironment) +
		" || e.name.matches('OP(TION|T)S$') && " + matches(debuggers) + ") && !(" +
		c.At + ".?command.orValue([]) + " + c.At + ".?args.orValue([])).exists(w, w.matches(" + control.Quote(debuggers.text) + ")))"
}
