package cluster

import "github.com/kubeharden/kubeharden/control"

// AggregatedAPIServiceSkipsTLS: the API server knows whom it passes requests on to.
var AggregatedAPIServiceSkipsTLS = control.Control{
	ID: "aggregated-apiservice-skips-tls", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:   "Verify the certificates of aggregated API services",
	Scope:   control.Objects,
	Kinds:   []control.Kind{{Group: "apiregistration.k8s.io", Kind: "APIService"}},
	Require: control.Not("spec.insecureSkipTLSVerify", true),
	Risk:    "The group is not available until caBundle has the authority of the certificate that the service serves.",
	Fix:     control.Advice,
	NoFix:   "The authority of the service's certificate has to be put into caBundle, and the object does not say which it is.",
	Remedy:  "Remove insecureSkipTLSVerify and set caBundle, by hand or with cert-manager's annotation cert-manager.io/inject-ca-from.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption},
		MITRE:  []string{"T1557"},
		Source: []string{"https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/api-service-v1/#APIServiceSpec"},
	},
	Peers: control.Peers{Other: []string{"semgrep:skip-tls-verify-service"}},
	Why: `The API server passes requests for the group on, with the user's name in headers that the service believes. Without verification a pod that gets in
between, by a spoofed address or a changed Service, reads and answers them all: metrics that steer autoscaling, or whatever the group holds.`,
}
