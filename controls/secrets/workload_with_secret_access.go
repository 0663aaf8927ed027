package secrets

import (
	"path"
	"slices"
	"strings"

	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// WorkloadWithSecretAccess: who reads which Secret should be known.
var WorkloadWithSecretAccess = control.Control{
	ID: "workload-with-secret-access", Section: "env-vars", Layer: control.Secrets, Severity: control.Low, Profile: control.BestPractice, Since: "0.1",
	Title:   "Review the workloads that can read Secrets",
	Scope:   control.PodSpecs,
	Require: &control.Func{Check: checkSecretAccess, Text: "Secrets that a pod reads must be listed in the parameter known"},
	Params: []control.Param{{
		Name: "known", Doc: "Secrets whose readers are known, as NAMESPACE/NAME; * stands for any text without a slash", Default: []string{}, Example: []string{"shop/app-*"},
		Valid: func(v string) bool { _, err := path.Match(v, ""); return err == nil },
	}},
	Fix:      control.Advice,
	NoFix:    "Whether the program needs the Secret, only a person can say.",
	NoPolicy: "Patterns with * have no equal in CEL, and to refuse a pod is not the point of a list to review.",
	Risk:     "Nothing stops working: this is a list to review.",
	Remedy:   "Look whether the program needs the Secret; then list it in the parameter known, or take it away.",
	Refs: control.Refs{
		NSA:    []string{"Network separation: secrets"},
		MITRE:  []string{"T1552.007"},
		Source: []string{secretDocs, goodPractices},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0255"},
	},
	Why: `Whoever takes over a program has what it can read. The list of workloads and their Secrets says how far an attacker gets from each, and which
credentials have to be rotated afterwards.`,
	Bad: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "secret": map[string]any{"secretName": "payments"}}}, Name: "volume"},
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "projected": map[string]any{"sources": []any{map[string]any{"secret": map[string]any{"name": "payments"}}}}}}, Name: "projected"},
		{Path: "containers", Value: []any{map[string]any{"name": "a", "env": []any{map[string]any{"name": "A", "valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "payments", "key": "k"}}}}}}, Name: "variable"},
	},
	Good: []control.Change{
		{Path: "volumes", Value: []any{map[string]any{"name": "tmp", "secret": map[string]any{"secretName": "app-db"}}}, Name: "known"},
	},
}

func checkSecretAccess(s *control.Subject, _ tree.Node, fail control.FailFunc) {
	var told []string
	for name := range secretNames(s) {
		text := name.Text()
		known := slices.ContainsFunc(s.Params["known"], func(pattern string) bool {
			ok, _ := path.Match(pattern, s.Object.EffectiveNamespace()+"/"+text)
			return ok
		})
		if known || slices.Contains(told, text) {
			continue
		}
		if told = append(told, strings.Clone(text)); !fail(control.Violation{At: name, Problem: "gives the pod Secret " + control.Show(name)}) {
			return
		}
	}
}
