package network

import (
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// IngressWildcardHost: an Ingress takes the hosts that are its own.
var IngressWildcardHost = control.Control{
	ID: "ingress-wildcard-host", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Name the hosts of an Ingress: no wildcard and no empty host",
	Scope: control.Objects,
	Kinds: ingresses,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			for _, rule := range ingressRules.Find(at).Items() {
				v := control.Violation{At: rule, Missing: []string{"host"}, Problem: "is missing, so the rule takes all hosts"}
				if host := rule.Get("host"); host.Text() != "" {
					v = control.Violation{At: host, Problem: "is " + control.Show(host) + ", so the rule takes all hosts of that domain"}
					if !strings.HasPrefix(host.Text(), "*") {
						continue
					}
				}
				if !fail(v) {
					return
				}
			}
		},
		Text: "every rule must have a host without wildcard",
		Expr: func(c control.CEL) string {
			return "(" + ingressRules.CEL(c.At) + ".orValue([]).all(r, r.?host.orValue('') != '' && !r.host.startsWith('*')))"
		},
	},
	Risk:   "Hosts that nobody names are no longer served.",
	Fix:    control.Advice,
	NoFix:  "Which hosts are meant, only a person can say.",
	Remedy: "Add a rule for each host that is meant.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1557"},
		Source: []string{ingressDocs + "#hostname-wildcards", ingressDocs + "#ingress-rules"},
	},
	Peers: control.Peers{
		Kyverno: []string{"other/restrict-ingress-wildcard", "best-practices/disallow-empty-ingress-host"},
		Other:   []string{"gatekeeper:block-wildcard-ingress"},
	},
	Why: `The controller is shared: a rule without a host, or with *.example.com, also takes the requests for names of other teams that have no rule yet, or
whose rule was just removed. Who owns it receives their cookies and passwords and can have certificates issued for their names.`,
	Bad: []control.Change{
		{Path: "spec.rules", Name: "wildcard", Value: []any{map[string]any{"host": "*.example.com"}}},
		{Path: "spec.rules", Name: "no host", Value: []any{map[string]any{"http": map[string]any{}}}},
	},
	Good: []control.Change{{Path: "spec", Name: "no rules", Value: map[string]any{"defaultBackend": map[string]any{}}}},
}
