package cluster

import (
	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ApiserverAuthorizationConfigInvalid: the API server starts with it.
var ApiserverAuthorizationConfigInvalid = control.Control{
	ID: "apiserver-authorization-config-invalid", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Write an AuthorizationConfiguration that the API server accepts",
	Scope: control.Objects,
	Kinds: authorization,
	Require: &control.Func{
		Check: flawsOf(func(root tree.Node, minor int) []apiserverconfig.Flaw {
			_, flaws := apiserverconfig.ReadAuthorization(root, minor)
			return flaws
		}),
		Text: "the API server must accept the file; expressions in CEL are not judged",
	},
	Risk:     "The authorizers of the file take effect.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Correct the field that the finding names.",
	Refs: control.Refs{
		NSA:    []string{nsaRBAC},
		MITRE:  []string{"T1190"},
		Source: []string{authzDocs, "https://github.com/kubernetes/apiserver/blob/master/pkg/apis/apiserver/validation/validation.go"},
	},
	Why: `The API server does not start with a file that it refuses. If it reads a changed one that is broken it goes on with the old authorizers: what was taken
away is still allowed.`,
	Bad: []control.Change{
		{Path: "authorizers", Name: "none", Value: []any{}},
		{Path: "authorizers", Name: "name", Value: []any{builtin("Node", "node"), builtin("RBAC", "roles")}},
		{Path: "authorizers", Name: "policy", Value: []any{webhook("Ignore"), builtin("Node", "node"), builtin("RBAC", "rbac")}},
		{Path: "metadata", Value: mapping{"name": "x"}},
	},
	Good: []control.Change{{Path: "apiVersion", Value: "apiserver.config.k8s.io/v1beta1"}},
}
