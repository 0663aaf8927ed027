package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverServiceAccountTokenExtensionEnabled: a token that is stolen should not live for a year.
var ApiserverServiceAccountTokenExtensionEnabled = control.Control{
	ID: "apiserver-service-account-token-extension-enabled", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Do not extend the tokens of pods to a year",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(alsoBad(control.FlagIs("service-account-extend-token-expiration", false), []string{})),
	Risk:     "Clients that read their token once, those older than client-go 1.11 among them, get 401 after about an hour.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --service-account-extend-token-expiration=false, once the metric serviceaccount_stale_tokens_total stays at 0.",
	Refs: control.Refs{
		CIS:    []string{"1.2.30"},
		NSA:    []string{nsaTokens},
		MITRE:  []string{"T1528", "T1550.001"},
		Source: []string{"https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-token-volume", apiServerDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0290"},
		KubeBench: []string{"1.2.30"},
	},
	Why: `A pod gets a token for an hour and a bit, renewed by the kubelet, but the API server makes it valid for a year for the sake of old
clients that do not read it again. A token that is stolen works for that year, as long as its pod exists.`,
}
