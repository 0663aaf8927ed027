package cluster

import (
	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ApiserverStructuredAuthorizationConfigWeak: nobody is allowed by accident.
var ApiserverStructuredAuthorizationConfigWeak = control.Control{
	ID: "apiserver-structured-authorization-config-weak", Section: "api-server", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title: "Authorize by Node and RBAC, never by AlwaysAllow, with webhooks that fail closed",
	Scope: control.Objects,
	Kinds: authorization,
	From:  29,
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			config, _ := apiserverconfig.ReadAuthorization(at, 0)
			failWeak(config.Weak(), fail)
		},
		Text: "authorizers must have Node and RBAC and not AlwaysAllow, and a webhook before others must have failurePolicy Deny", Fix: strengthen,
	},
	Risk: `Who was allowed by AlwaysAllow alone needs a role and a binding. While a webhook with failurePolicy Deny does not answer, every request that its
matchConditions let through to it is refused.`,
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForFiles,
	Remedy:   "List Node and RBAC, remove AlwaysAllow, set failurePolicy: Deny, and leave what the webhook itself needs out by matchConditions.",
	Refs: control.Refs{
		NSA:    []string{nsaRBAC},
		MITRE:  []string{"T1190"},
		Source: []string{authzDocs, encryptionAPI + "#apiserver-config-k8s-io-v1-AuthorizationConfiguration"},
	},
	Why: `The file replaces --authorization-mode, so what it leaves out is off. AlwaysAllow makes every authenticated request that of an administrator, and without
Node one stolen kubelet certificate is worth more than its node. A webhook with NoOpinion that is there to deny is passed by whoever can keep it from answering.`,
	Bad: []control.Change{
		{Path: "authorizers", Name: "always", Value: []any{builtin("Node", "node"), builtin("RBAC", "rbac"), builtin("AlwaysAllow", "alwaysallow")}},
		{Path: "authorizers", Name: "no RBAC", Value: []any{builtin("Node", "node")}},
		{Path: "authorizers", Name: "no Node", Value: []any{builtin("RBAC", "rbac")}},
		{Path: "authorizers", Name: "fails open", Value: []any{webhook("NoOpinion"), builtin("Node", "node"), builtin("RBAC", "rbac")}},
	},
	Good: []control.Change{
		{Path: "authorizers", Name: "asked last", Value: []any{builtin("Node", "node"), builtin("RBAC", "rbac"), webhook("NoOpinion")}},
		{Path: "authorizers", Name: "denies", Value: []any{webhook("Deny"), builtin("Node", "node"), builtin("RBAC", "rbac")}},
	},
}

func builtin(sort, name string) mapping { return mapping{"type": sort, "name": name} }

func webhook(policy string) mapping {
	return mapping{"type": "Webhook", "name": "policy", "webhook": mapping{
		"timeout": "3s", "subjectAccessReviewVersion": "v1", "matchConditionSubjectAccessReviewVersion": "v1", "failurePolicy": policy,
		"connectionInfo": mapping{"type": "InClusterConfig"},
	}}
}

func strengthen(_ *control.Subject, at tree.Node, out []control.Edit) []control.Edit {
	config, _ := apiserverconfig.ReadAuthorization(at, 0)
	has := map[string]bool{}
	for i := range config.Authorizers {
		z := &config.Authorizers[i]
		has[z.Type] = true
		if z.Type == "AlwaysAllow" {
			out = append(out, control.Edit{Op: control.Remove, At: z.At})
		}
	}
	for _, w := range config.Weak() {
		if w.At.StrIs("NoOpinion") {
			out = append(out, control.Edit{Op: control.Set, At: w.At, Value: "Deny"})
		}
	}
	for _, b := range [...]mapping{builtin("Node", "node"), builtin("RBAC", "rbac")} {
		if sort, _ := b["type"].(string); !has[sort] {
			out = append(out, control.Edit{Op: control.Append, At: at, Path: []string{"authorizers"}, Value: b})
		}
	}
	return out
}
