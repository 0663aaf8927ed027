package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverServiceAccountKeyFileMissing: the key of tokens is not the key of TLS.
var ApiserverServiceAccountKeyFileMissing = control.Control{
	ID: "apiserver-service-account-key-file-missing", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title: "Verify service account tokens with a key of their own",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Given:    kubeadmGiven,
		Settings: []control.Setting{keyFile()},
	},
	Risk:     "Tokens that another key signed get 401: name that key too until they are gone.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --service-account-key-file, the public half of --service-account-signing-key-file.",
	Refs: control.Refs{
		CIS:    []string{"1.2.22"},
		NSA:    []string{nsaTokens},
		MITRE:  []string{"T1528"},
		Source: []string{pkiDocs, "https://github.com/kubernetes/kubernetes/blob/v1.37.0/pkg/controlplane/apiserver/options/options.go"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0136"},
		Trivy:     []string{"KCV-0025"},
		Checkov:   []string{"CKV_K8S_97"},
		KubeBench: []string{"1.2.22"},
	},
	Why: `If no key is named the API server takes the private key of its TLS certificate. Whoever gets that key, from a load balancer for
example, mints tokens of every service account, and a new certificate makes all tokens invalid at once.`,
}

// keyFile requires the key, unless an external signer gives the keys.
func keyFile() control.Setting {
	s := kubeadmFile("service-account-key-file", "sa.pub")
	value := s.Value
	s.Value = func(i *component.Instance) component.Value {
		if signer := i.Flag("service-account-signing-endpoint"); signer.Set && !signer.Empty() {
			return signer
		}
		return value(i)
	}
	return alsoGood(s, []string{"--service-account-signing-endpoint=/run/signer.sock"})
}
