package cluster

import (
	"github.com/kubeharden/kubeharden/component"
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverSecurePortZero: the port with TLS is the only one left.
var ApiserverSecurePortZero = control.Control{
	ID: "apiserver-secure-port-zero", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Keep the secure port of the API server on",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(securePort()),
	Risk:     "Clients that use another port have to change.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server with --secure-port=6443 or without the flag.",
	Refs: control.Refs{
		NSA:    []string{nsaEncryption},
		MITRE:  []string{"T1190"},
		Source: []string{apiServerDocs, "https://github.com/kubernetes/kubernetes/blob/v1.37.0/staging/src/k8s.io/apiserver/pkg/server/options/serving.go"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0128"},
		Trivy:     []string{"KCV-0017"},
		Checkov:   []string{"CKV_K8S_89"},
	},
	Why: `With 0 there is no port with TLS and authentication; in old releases the plain one was all that was left. Since the plain port is
gone an API server with --secure-port=0 does not start.`,
}

func securePort() control.Setting {
	s := control.FlagTold("secure-port", "must not be 0", func(v *component.Value, _ *component.Instance) string {
		if n, ok := v.Int(); ok && n == 0 {
			return "is 0"
		}
		return ""
	}, []string{"0"}, []string{"6443", "443"})
	s.Edits = func(i *component.Instance) []component.Edit { return set(i, "secure-port", "6443") }
	return alsoGood(s, []string{})
}
