package cluster

import (
	"github.com/kubeharden/kubeharden/apiserverconfig"
	"github.com/kubeharden/kubeharden/control"
	"github.com/kubeharden/kubeharden/tree"
)

// KubeconfigSkipsTLS: a client knows whom it sends its token to.
var KubeconfigSkipsTLS = control.Control{
	ID: "kubeconfig-skips-tls", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Verify the certificate of the API server in kubeconfig files",
	Scope: control.Objects,
	Kinds: []control.Kind{{Kind: "Config"}},
	Require: &control.Func{
		Check: func(_ *control.Subject, at tree.Node, fail control.FailFunc) {
			config, _ := apiserverconfig.ReadKubeconfig(at)
			failWeak(config.Unverified(), fail)
		},
		Text: "no cluster may have insecure-skip-tls-verify, nor a server without https:// that is not on the same machine",
	},
	Risk:     "A server whose certificate is from no known authority, or for another name, is no longer reached.",
	Fix:      control.Advice,
	NoFix:    "The certificate of the authority has to be put in, and the file does not say which it is.",
	NoPolicy: "A kubeconfig is a file of clients; it never passes admission.",
	Remedy: `Remove insecure-skip-tls-verify and set certificate-authority-data to the cluster's authority: 'kubectl config view --raw' on a machine that has it, or
the ConfigMap kube-root-ca.crt of any namespace. Where the name differs set tls-server-name.`,
	Refs: control.Refs{
		NSA:    []string{"Network separation: kubeconfig files", nsaEncryption},
		MITRE:  []string{"T1557"},
		Source: []string{"https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#Cluster"},
	},
	Peers: control.Peers{Other: []string{"semgrep:skip-tls-verify-cluster"}},
	Why: `Without verification everybody on the way can be the API server: he takes the token that the client sends, and from then on is that user. The connection is
encrypted, only not to whom one thinks.`,
	Bad: []control.Change{
		{Path: "clusters", Name: "skips", Value: []any{reached(mapping{"server": "https://api.example.com:6443", "insecure-skip-tls-verify": true})}},
		{Path: "clusters", Name: "plain", Value: []any{reached(mapping{"server": "http://api.example.com:8080"})}},
	},
	Good: []control.Change{
		{Path: "clusters", Name: "false", Value: []any{reached(mapping{"server": "https://api.example.com:6443", "insecure-skip-tls-verify": false})}},
		{Path: "clusters", Name: "kubectl proxy", Value: []any{reached(mapping{"server": "http://127.0.0.1:8001"})}},
	},
}

func reached(cluster mapping) mapping { return mapping{"name": "prod", "cluster": cluster} }
