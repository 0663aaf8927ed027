package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionNamespaceLifecycleDisabled: a namespace that goes takes all with it.
var ApiserverAdmissionNamespaceLifecycleDisabled = control.Control{
	ID: "apiserver-admission-namespace-lifecycle-disabled", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Keep the admission plugin NamespaceLifecycle on",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(keptPlugin("NamespaceLifecycle")),
	Risk:     "Objects in namespaces that do not exist are refused.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy:   "Take NamespaceLifecycle from --disable-admission-plugins.",
	Refs: control.Refs{
		CIS:    []string{"1.2.13"},
		NSA:    []string{nsaNamespaces},
		MITRE:  []string{"T1190"},
		Source: []string{admissionDocs + "#namespacelifecycle"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0126"},
		Trivy:     []string{"KCV-0015"},
		Checkov:   []string{"CKV_K8S_83"},
		KubeBench: []string{"1.2.13"},
	},
	Why: `Without it objects can be made in namespaces that do not exist or are being deleted, where no quota, no policy and no clean-up
reaches them, and the namespaces default, kube-system and kube-public can be deleted.`,
}
