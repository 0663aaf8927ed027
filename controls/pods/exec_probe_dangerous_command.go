package pods

import (
	"regexp"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ExecProbeDangerousCommand: a probe runs every few seconds, for ever.
var ExecProbeDangerousCommand = control.Control{
	ID: "exec-probe-dangerous-command", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title:   "Do not run debugging tools in exec probes",
	Scope:   control.Containers,
	Require: &control.Func{Check: checkProbeCommands, Text: "exec probes must not run debugging tools", Expr: probeCommandsCEL},
	Params: []control.Param{{
		Name: "commands", Doc: "programs that exec probes may not run",
		Default: []string{"gdb", "jcmd", "jmap", "jstack", "kubectl", "ls", "nsenter", "ps", "strace", "tcpdump"},
	}},
	Fix:    control.Advice,
	NoFix:  "Which other check tells the health of the program, only its authors know.",
	Risk:   "A probe that is replaced by a stricter one can restart the container or take it out of service.",
	Remedy: "Use an httpGet, grpc or tcpSocket probe, or a small program in the image that asks the service itself.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1609"},
		Source: []string{probeDocs, "https://kubernetes.io/docs/concepts/security/application-security-checklist/"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/deny-commands-in-exec-probe"},
	},
	Why: `A probe runs every few seconds in every pod. jcmd or jstack stop the program for a moment each time, ps and ls say that a process or file is there but not that the
service answers, and each keeps in the image a tool that an attacker would otherwise have to bring.`,
	Bad: []control.Change{
		{Path: "livenessProbe", Value: map[string]any{"exec": map[string]any{"command": []any{"jcmd", "1", "Thread.print"}}}},
		{Path: "startupProbe", Value: map[string]any{"exec": map[string]any{"command": []any{"/bin/sh", "-c", "/bin/ps aux | grep server"}}}},
		{Path: "readinessProbe", Value: map[string]any{"exec": map[string]any{"command": []any{"bash", "-ec", "test -f x && ls /data"}}}},
	},
	Good: []control.Change{
		{Path: "livenessProbe", Value: map[string]any{"exec": map[string]any{"command": []any{"redis-cli", "ping"}}}},
		{Path: "livenessProbe", Value: map[string]any{"exec": map[string]any{"command": []any{"/bin/grpc_health_probe", "-addr=:8080"}}}},
		{Path: "livenessProbe", Value: map[string]any{"exec": map[string]any{"command": []any{"sh", "-c", "curl -f localhost:8080/ps?ls=1"}}}},
	},
}

var probes = []string{"livenessProbe", "readinessProbe", "startupProbe"}

// probeTools is the program of the setting "commands".
func probeTools(params map[string][]string) *program {
	names := make([]string, len(params["commands"]))
	for i, name := range params["commands"] {
		names[i] = regexp.QuoteMeta(name)
	}
	return programNamed(strings.Join(names, "|"))
}

func checkProbeCommands(s *control.Subject, at tree.Node, fail control.FailFunc) {
	for _, probe := range probes {
		if words := at.Get(probe).Get("exec").Get("command"); words.Len() > 0 && len(s.Params["commands"]) > 0 {
			probeTools(s.Params).find(func(word tree.Node) bool {
				return fail(control.Violation{At: word, Problem: "runs a debugging tool in a probe"})
			}, words)
		}
	}
}

func probeCommandsCEL(c control.CEL) string {
	if len(c.Params["commands"]) == 0 {
		return "true"
	}
	parts := make([]string, len(probes))
	for i, probe := range probes {
		parts[i] = probeTools(c.Params).cel(c.At + ".?" + probe + ".?exec.?command.orValue([])")
	}
	return "(" + strings.Join(parts, " && ") + ")"
}
