package pods

import (
	"slices"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// PsaExemptionsTooBroad: what is exempt from Pod Security admission is named and known.
var PsaExemptionsTooBroad = control.Control{
	ID: "psa-exemptions-too-broad", Section: "pod-security-standards", Layer: control.Pods, Severity: control.High, Since: "0.1",
	Title: "Keep the exemptions from Pod Security admission minimal",
	Scope: control.Objects,
	Kinds: psaConfigKinds,
	From:  23,
	Require: &control.Func{
		Check: checkPSAExemptions, Text: "exemptions may name only the namespaces, users and runtime classes of the settings",
		Fix: func(s *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
			checkPSAExemptions(s, at, func(v control.Violation) bool {
				out = append(out, control.Edit{Op: control.Remove, At: v.At})
				return true
			})
			return out
		},
	},
	Params: slices.Concat(systemNamespaces, []control.Param{{
		Name: "usernames", Doc: "users that may be exempt", Default: []string{}, Example: []string{"system:serviceaccount:kube-system:installer"},
	}, {
		Name: "runtimeClasses", Doc: "runtime classes that may be exempt, which everybody can name in a pod", Default: []string{}, Example: []string{"kata"},
	}}),
	Risk:     "The API server refuses new pods that were exempt and do not meet the level of their namespace.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForFiles,
	Remedy:   "Remove the entry, and label the namespace that needs it with a level of its own.",
	Refs: control.Refs{
		NSA:    []string{"Pod security: Pod security enforcement"},
		MITRE:  []string{"T1562.001"},
		Source: []string{psaConfigDocs, psaDocs},
	},
	Why: `An exempt user, namespace or runtime class is outside of Pod Security admission altogether, without a warning or an audit annotation. Pods are
mostly created by controllers: to exempt a controller's account exempts everybody who can create a Deployment.`,
	Bad: []control.Change{
		{Path: "exemptions.usernames", Kind: "PodSecurityConfiguration", Value: []any{"system:serviceaccount:kube-system:replicaset-controller"}, Name: "controller"},
		{Path: "exemptions.usernames", Kind: "PodSecurityConfiguration", Value: []any{"alice"}, Name: "user"},
		{Path: "exemptions.namespaces", Kind: "PodSecurityConfiguration", Value: []any{"kube-system", "shop"}, Name: "namespace"},
		{Path: "exemptions.runtimeClasses", Kind: "PodSecurityConfiguration", Value: []any{"runc"}, Name: "runtime class"},
		{Path: "plugins", Kind: "AdmissionConfiguration", Name: "user", Value: []any{map[string]any{
			"name": "PodSecurity", "configuration": map[string]any{"exemptions": map[string]any{"usernames": []any{"alice"}}},
		}}},
	},
	Good: []control.Change{
		{Path: "exemptions.runtimeClasses", Kind: "PodSecurityConfiguration", Value: []any{"kata"}, Name: "runtime class of the settings"},
		{Path: "exemptions", Kind: "PodSecurityConfiguration", Name: "missing"},
	},
}

func checkPSAExemptions(s *control.Subject, at tree.Node, fail control.FailFunc) {
	for config := range psaConfigs(at) {
		for _, list := range [...]struct{ key, param, problem string }{
			{"usernames", "usernames", "is exempt, wherever it creates pods"},
			{"namespaces", "systemNamespaces", "is exempt and no namespace of the system"},
			{"runtimeClasses", "runtimeClasses", "is exempt, and every pod can name it"},
		} {
			for _, item := range config.Get("exemptions").Get(list.key).Items() {
				if !slices.Contains(s.Params[list.param], item.Text()) && !fail(control.Violation{At: item, Problem: "(" + control.Show(item) + ") " + list.problem}) {
					return
				}
			}
		}
	}
}
