package cluster

import (
	"path"

	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverFrontProxyNamesUnrestricted: the front proxy says who somebody is.
var ApiserverFrontProxyNamesUnrestricted = control.Control{
	ID: "apiserver-front-proxy-names-unrestricted", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title: "Name the certificates that may speak for users in front of the API server",
	Scope: control.Everything,
	Kinds: componentKinds(),
	Require: &control.OnComponents{
		Of:       apiServers(),
		Unless:   noFrontProxy,
		Given:    kubeadmGiven,
		Settings: []control.Setting{allowedNames()},
	},
	Risk:     "A proxy with another common name is refused, and aggregated APIs with it: look at the certificate first.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --requestheader-allowed-names=front-proxy-client, the common name of --proxy-client-cert-file.",
	Refs: control.Refs{
		NSA:    []string{nsaAuth},
		MITRE:  []string{"T1078", "T1550.001"},
		Source: []string{frontProxy},
	},
	Why: `A client with a certificate of --requestheader-client-ca-file may say in a header who it is, and the API server believes it. Without
names every certificate of that CA may, so that one that was given out for something else is every user, system:masters included.`,
}

// noFrontProxy exempts an API server that believes no headers.
func noFrontProxy(i *component.Instance) bool { return i.Flag("requestheader-client-ca-file").Empty() }

func allowedNames() control.Setting {
	const flag = "requestheader-allowed-names"
	s := control.FlagGiven(flag, "front-proxy-client")
	s.Edits = func(i *component.Instance) []component.Edit {
		// Only of the certificate that kubeadm makes the name is known.
		if cert := i.Flag("proxy-client-cert-file"); cert.Known && path.Base(cert.Text) == "front-proxy-client.crt" {
			return set(i, flag, "front-proxy-client")
		}
		return nil
	}
	return s
}
