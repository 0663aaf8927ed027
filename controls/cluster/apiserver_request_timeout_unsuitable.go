package cluster

import (
	"time"

	"github.com/kubeharden/kubeharden/control"
)

// ApiserverRequestTimeoutUnsuitable: a request that never ends holds what others need.
var ApiserverRequestTimeoutUnsuitable = control.Control{
	ID: "apiserver-request-timeout-unsuitable", Section: "api-server", Layer: control.Cluster, Severity: control.Low, Since: "0.1",
	Title:    "Keep the time that a request may take between 30 seconds and 10 minutes",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(alsoGood(control.FlagDuration("request-timeout", "1m0s", 30*time.Second, 10*time.Minute), []string{}, []string{"--request-timeout=300s"})),
	Risk:     "Requests that take longer fail with 504.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Start the API server without --request-timeout, which is one minute, or with a value between 30s and 10m.",
	Refs: control.Refs{
		CIS:    []string{"1.2.20"},
		NSA:    []string{nsaControlPlane},
		MITRE:  []string{"T1499"},
		Source: []string{apiServerDocs},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0134"},
		Checkov:   []string{"CKV_K8S_95"},
		KubeBench: []string{"1.2.20"},
	},
	Why: `A request that may take very long holds a connection and a place in the queue, so that few slow clients starve the others. With too
little time large lists fail and are tried again and again.`,
}
