package pods

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// HostAliasesSet: a pod's own /etc/hosts goes past DNS.
var HostAliasesSet = control.Control{
	ID: "host-aliases-set", Section: "other", Layer: control.Pods, Severity: control.Low, Since: "0.1",
	Title: "Do not manage /etc/hosts by hostAliases",
	Scope: control.PodSpecs,
	Require: &control.Func{
		Text: "hostAliases must not be set",
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			if n := hostAliases.Find(at); n.Len() > 0 {
				fail(control.Violation{At: n, Problem: "is set"})
			}
		},
		Expr: func(c control.CEL) string { return hostAliases.CEL(c.At) + ".orValue([]).size() == 0" },
		Fix: func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			return append(out, control.Edit{Op: control.Remove, At: hostAliases.Find(at)})
		},
	},
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Risk:    "Names that only hostAliases resolved are no longer found.",
	Remedy:  "Remove hostAliases; let DNS answer: an ExternalName Service, a rewrite in CoreDNS, or a record in the zone.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement", "Pod security: hardening container environments"},
		MITRE:  []string{"T1557"},
		Source: []string{"https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/"},
	},
	Peers: control.Peers{
		Trivy:   []string{"KSV-0007"},
		Kubesec: []string{"HostAliases"},
	},
	Why: `hostAliases writes names into the pod's /etc/hosts, where they win over DNS. An entry that got in unnoticed sends the traffic for that name somewhere
else, and a right one goes stale when the address changes.`,
	Bad: []control.Change{
		{Path: "hostAliases", Value: []any{map[string]any{"ip": "10.0.0.1", "hostnames": []any{"db"}}}},
	},
	Good: []control.Change{
		{Path: "hostAliases", Value: []any{}, Name: "empty"},
	},
}

var hostAliases = control.NewField("hostAliases")
