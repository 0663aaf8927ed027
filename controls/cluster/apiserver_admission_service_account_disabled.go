package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionServiceAccountDisabled: pods run as accounts that exist.
var ApiserverAdmissionServiceAccountDisabled = control.Control{
	ID: "apiserver-admission-service-account-disabled", Section: "api-server", Layer: control.Cluster, Severity: control.High, Since: "0.1",
	Title:    "Keep the admission plugin ServiceAccount on",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(keptPlugin("ServiceAccount")),
	Risk:     "Pods get the token of their account mounted from then on.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Take ServiceAccount from --disable-admission-plugins.",
	Refs: control.Refs{
		CIS:    []string{"1.2.12"},
		NSA:    []string{nsaTokens},
		MITRE:  []string{"T1190"},
		Source: []string{admissionDocs + "#serviceaccount"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0125"},
		Trivy:     []string{"KCV-0014"},
		Checkov:   []string{"CKV_K8S_82"},
		KubeBench: []string{"1.2.12"},
	},
	Why: `The plugin gives every pod its service account and its token, and refuses accounts that do not exist. Without it pods run with no
identity of their own, and a pod can mount any Secret into an account that may not use it.`,
}
