package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverInsecureBindAddressSet: the plain port, to be reached from elsewhere.
var ApiserverInsecureBindAddressSet = control.Control{
	ID: "apiserver-insecure-bind-address-set", Section: "api-server", Layer: control.Cluster, Severity: control.Critical, Since: "0.1",
	Title:    "Take the plain bind address from the API server",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(goneFlag("insecure-bind-address", "0.0.0.0")),
	Risk:     "What still talks to the plain port has to use the secure one.",
	Fix:      control.Auto,
	FixRisk:  control.Breaking,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server without --insecure-bind-address.",
	Refs: control.Refs{
		NSA:    []string{nsaControlPlane, nsaEncryption},
		MITRE:  []string{"T1190"},
		Source: []string{"https://github.com/kubernetes/kubernetes/pull/106859"},
	},
	Peers: control.Peers{
		Checkov: []string{"CKV_K8S_86"},
	},
	Why: `The flag lets others than the node itself reach the plain port, which asks for no credentials and gives every right. From Kubernetes
1.24 on it is gone, and an API server that is given it does not start.`,
}
