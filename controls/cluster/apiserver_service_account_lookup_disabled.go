package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverServiceAccountLookupDisabled: a token of an account that is gone is worth nothing.
var ApiserverServiceAccountLookupDisabled = control.Control{
	ID: "apiserver-service-account-lookup-disabled", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Look service accounts up when their tokens are used",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(alsoGood(control.FlagIs("service-account-lookup", true), []string{})),
	Risk:     "Tokens of accounts that are gone get 401.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server without --service-account-lookup=false.",
	Refs: control.Refs{
		CIS:    []string{"1.2.21"},
		NSA:    []string{nsaTokens},
		MITRE:  []string{"T1528"},
		Source: []string{apiServerDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0135"},
		Trivy:     []string{"KCV-0024"},
		Checkov:   []string{"CKV_K8S_96"},
		KubeBench: []string{"1.2.21"},
	},
	Why: `Without the look-up the signature of a token alone decides. A token of a pod, a Secret or a service account that was deleted goes on
working, and nothing revokes it but another signing key.`,
}
