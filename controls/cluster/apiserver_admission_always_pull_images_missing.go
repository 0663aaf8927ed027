package cluster

import (
	"github.com/kubeharden/kubeharden/control"
)

// ApiserverAdmissionAlwaysPullImagesMissing: who may not pull an image may still find it on a node.
var ApiserverAdmissionAlwaysPullImagesMissing = control.Control{
	ID: "apiserver-admission-always-pull-images-missing", Section: "api-server", Layer: control.Cluster, Severity: control.Medium, Since: "0.1",
	Title:    "Enable AlwaysPullImages, or let kubelets verify the right to use an image",
	Scope:    control.Everything,
	Kinds:    componentKinds(),
	Require:  apiServer(addedPlugin("AlwaysPullImages")),
	Risk:     "Pods do not start while the registry cannot be reached, and imagePullPolicy is overwritten.",
	Fix:      control.Auto,
	NoPolicy: noPolicyForComponents,
	Remedy: `Add AlwaysPullImages to --enable-admission-plugins, or run kubelets with imagePullCredentialsVerificationPolicy:
NeverVerifyPreloadedImages or AlwaysVerify.`,
	Refs: control.Refs{
		CIS:    []string{"1.2.11"},
		NSA:    []string{nsaImages},
		MITRE:  []string{"T1525", "T1078"},
		Source: []string{admissionDocs + "#alwayspullimages", "https://kubernetes.io/docs/concepts/containers/images/#ensureimagepullcredentialverification"},
	},
	Peers: control.Peers{
		Kubescape: []string{"C-0123"},
		Trivy:     []string{"KCV-0012"},
		Checkov:   []string{"CKV_K8S_80"},
		KubeBench: []string{"1.2.11"},
		Other:     []string{"terrascan:AC-K8-OE-PK-M-0034"},
	},
	Why: `An image that a pod has pulled lies on the node, and any other pod there may use it by naming it, without the credentials that it was
pulled with. On a cluster that several teams share that gives away private images. From Kubernetes 1.35 on kubelets verify the credentials
themselves, if all of them are that new.`,
}
