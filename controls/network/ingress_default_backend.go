package network

import (
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// IngressDefaultBackend: what no rule is for goes nowhere.
var IngressDefaultBackend = control.Control{
	ID: "ingress-default-backend", Section: "allow-rules", Layer: control.Network, Severity: control.Medium, Since: "0.1",
	Title: "Have no default backend on an Ingress that takes all other traffic",
	Scope: control.Objects,
	Kinds: ingresses,
	Require: control.Mend(
		control.All(control.Absent("spec.defaultBackend"), control.Absent("spec.backend")),
		func(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			if ingressRules.Find(at).Len() == 0 {
				return out // without rules the backend is all there is, and nothing says for which host it is meant
			}
			for _, key := range []string{"defaultBackend", "backend"} {
				if n := at.Get("spec").Get(key); n.Exists() {
					out = append(out, control.Edit{Op: control.Remove, At: n})
				}
			}
			return out
		},
	),
	Risk:    "Requests for hosts and paths without a rule get the error page of the controller.",
	Fix:     control.Auto,
	FixRisk: control.Breaking,
	Remedy:  "Remove spec.defaultBackend and add a rule with a host for what has to be served.",
	Refs: control.Refs{
		NSA:    []string{needsNetworkPolicies},
		MITRE:  []string{"T1046", "T1210"},
		Source: []string{ingressDocs + "#default-backend", "https://github.com/kubernetes/kubernetes/issues/103675"},
	},
	Peers: control.Peers{Kyverno: []string{"other/restrict-ingress-defaultbackend"}},
	Why: `A default backend takes every request that no other rule is for, whatever the host, also those for names of other teams. Together with
endpoints that are written by hand, an attacker makes the shared controller call pods of other namespaces for him (CVE-2021-25740).`,
	Bad: []control.Change{{Path: "spec.defaultBackend", Value: map[string]any{"service": map[string]any{"name": "app", "port": map[string]any{"number": 80}}}}},
}
