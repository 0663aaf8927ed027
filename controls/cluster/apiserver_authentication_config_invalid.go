package cluster

import (
	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// ApiserverAuthenticationConfigInvalid: the API server starts with it.
var ApiserverAuthenticationConfigInvalid = control.Control{
	ID: "apiserver-authentication-config-invalid", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Write an AuthenticationConfiguration that the API server accepts",
	Scope: control.Objects,
	Kinds: authentication,
	Require: &control.Func{
		Check: flawsOf(func(root tree.Node, minor int) []apiserverconfig.Flaw {
			_, flaws := apiserverconfig.ReadAuthentication(root, minor)
			return flaws
		}),
		Text: "the API server must accept the file; expressions in CEL are not judged",
	},
	Risk:     "The authenticators of the file take effect.",
	Fix:      control.Advice,
	NoFix:    "What was meant only a person can say.",
	NoPolicy: noPolicyForFiles,
	Remedy:   "Correct the field that the finding names.",
	Refs: control.Refs{
		NSA:   []string{nsaAuth},
		MITRE: []string{"T1556"},
		Source: []string{
			authnDocs + "#using-authentication-configuration",
			"https://github.com/kubernetes/apiserver/blob/master/pkg/apis/apiserver/validation/validation.go",
		},
	},
	Why: `The API server does not start with a file that it refuses. If it reads a changed one that is broken it goes on with the old authenticators: what was taken
away is still let in.`,
	Bad: []control.Change{
		{Path: "anonymous", Name: "conditions and off", Value: mapping{"enabled": false, "conditions": []any{mapping{"path": "/livez"}}}},
		{Path: "jwt", Name: "http", Value: []any{authenticator("a:", "a:", "http://idp.example.com")}},
		{Path: "jwt", Name: "no audience", Value: []any{with(authenticator("a:", "a:", ""), "issuer", mapping{"url": "https://idp.example.com"})}},
		{Path: "metadata", Value: mapping{"name": "x"}},
		{Path: "apiVersion", Value: "apiserver.config.k8s.io/v2"},
	},
	Good: []control.Change{{Path: "apiVersion", Value: "apiserver.config.k8s.io/v1beta1"}},
}
